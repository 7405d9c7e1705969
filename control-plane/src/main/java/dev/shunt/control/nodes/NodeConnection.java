package dev.shunt.control.nodes;

import dev.shunt.control.nodes.PushMeters.Answer;
import dev.shunt.control.push.DesiredState;
import dev.shunt.control.push.PushStream;
import dev.shunt.control.push.Receipt;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one node says on one stream, written down. The transport calls it from one thread at a time.
 */
public final class NodeConnection {

  private static final Logger log = LoggerFactory.getLogger(NodeConnection.class);

  private final String nodeId;
  private final NodeDirectory directory;
  private final Consumer<String> changed;
  private final PushMeters meters;
  private final Clock clock;
  private @Nullable PushStream stream;

  NodeConnection(
      String nodeId,
      NodeDirectory directory,
      Consumer<String> changed,
      PushMeters meters,
      Clock clock) {
    this.nodeId = nodeId;
    this.directory = directory;
    this.changed = changed;
    this.meters = meters;
    this.clock = clock;
  }

  void opened(PushStream stream) {
    this.stream = stream;
  }

  String nodeId() {
    return nodeId;
  }

  PushStream stream() {
    if (stream == null) {
      throw new IllegalStateException("expected an open stream of node " + nodeId + ", found none");
    }
    return stream;
  }

  /** The transport can take messages again. */
  public void ready() {
    stream().ready();
  }

  /** The node's maps hold an update. */
  public void ack(long nonce, String digest) {
    Instant now = clock.instant();
    Receipt receipt = stream().ack(nonce, digest);
    if (receipt instanceof Receipt.Answered answered) {
      meters.answered(Answer.ACK, answered.took());
      DesiredState update = answered.update();
      log.info(
          "node {} carries revision {} after {} ms",
          nodeId,
          update.version(),
          answered.took().toMillis());
      applied(new Node.Applied(update.version(), digest, now), null, now);
    } else if (receipt instanceof Receipt.Mismatch mismatch) {
      meters.answered(Answer.MISMATCH, Duration.ZERO);
      log.warn(
          "node {} drifted: expected digest {} for revision {}, found {}",
          nodeId,
          mismatch.update().digest(),
          mismatch.update().version(),
          digest);
      applied(new Node.Applied(0, digest, now), digest, now);
    } else {
      meters.stale();
      seen(now);
    }
  }

  private void applied(Node.Applied applied, @Nullable String drift, Instant now) {
    directory.update(nodeId, node -> node.applied(applied, drift).seen(now));
    changed.accept(nodeId);
  }

  /** The node refused an update. */
  public void nack(long nonce, List<Rejection.Reason> errors) {
    Instant now = clock.instant();
    if (stream().nack(nonce) instanceof Receipt.Answered answered) {
      meters.answered(Answer.NACK, answered.took());
      DesiredState update = answered.update();
      log.warn("node {} rejected revision {}: {}", nodeId, update.version(), errors);
      Rejection rejection = new Rejection(update.version(), update.digest(), now, errors);
      directory.update(nodeId, node -> node.rejected(rejection).seen(now));
      changed.accept(nodeId);
    } else {
      meters.stale();
      seen(now);
    }
  }

  /** The node tells about its datapath. */
  public void report(NodeReport report) {
    Instant now = clock.instant();
    directory.update(nodeId, node -> node.reported(report).seen(now));
    changed.accept(nodeId);
  }

  /** Ends the stream from this side. */
  public void close(String reason) {
    stream().close(reason);
  }

  private void seen(Instant now) {
    directory.update(nodeId, node -> node.seen(now));
  }

  void timedOut(DesiredState update) {
    meters.answered(Answer.TIMEOUT, Duration.ZERO);
    log.warn("node {} did not answer revision {} in time", nodeId, update.version());
  }
}
