package dev.shunt.control.push;

import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All open streams, and the debounced hand-out of desired states to them. Thread-safe. Delivery is
 * at least once, in order per stream, newest wins.
 */
public final class PushQueue {

  private final DesiredStates states;
  private final PushTiming timing;
  private final Timer timer;
  private final Clock clock;
  private final Debouncer debouncer;
  private final Map<String, Open> streams = new ConcurrentHashMap<>();

  private record Open(PushStream stream, Map<String, String> labels) {}

  public PushQueue(DesiredStates states, PushTiming timing, Timer timer, Clock clock) {
    this.states = states;
    this.timing = timing;
    this.timer = timer;
    this.clock = clock;
    this.debouncer = new Debouncer(timing, timer, clock, this::handOut);
  }

  /**
   * Opens a node's stream and hands it its desired state. A node has one stream: an older one is
   * closed.
   *
   * @param applied digest the node says it carries; empty for none
   * @param parked digest the node refused last, null for none
   * @param onTimeout called with an update the node did not answer in time
   */
  public PushStream open(
      String nodeId,
      Map<String, String> labels,
      Outbound outbound,
      String applied,
      @Nullable String parked,
      Consumer<DesiredState> onTimeout) {
    PushStream stream = new PushStream(outbound, timing, timer, clock, applied, parked, onTimeout);
    Open older = streams.put(nodeId, new Open(stream, labels));
    if (older != null) {
      older.stream.close("the node connected again");
    }
    stream.desire(states.forLabels(labels));
    return stream;
  }

  /** Forgets a stream that ended; a newer stream of the same node stays. */
  public void ended(String nodeId, PushStream stream) {
    stream.ended();
    streams.computeIfPresent(nodeId, (id, open) -> open.stream == stream ? null : open);
  }

  /** The desired states may have changed. */
  public void changed() {
    debouncer.poke();
  }

  /** Sends a node what it refused once more; without effect when it is not connected. */
  public void retry(String nodeId) {
    Open open = streams.get(nodeId);
    if (open != null) {
      open.stream.retry();
    }
  }

  /** Ends a node's stream, if it has one. */
  public void close(String nodeId, String reason) {
    Open open = streams.remove(nodeId);
    if (open != null) {
      open.stream.close(reason);
    }
  }

  /** Ends every stream. */
  public void closeAll(String reason) {
    List.copyOf(streams.keySet()).forEach(nodeId -> close(nodeId, reason));
  }

  /** Lets every idle stream hear the current version. */
  public void heartbeat() {
    open().forEach(open -> open.stream.heartbeat());
  }

  public boolean isOpen(String nodeId) {
    return streams.containsKey(nodeId);
  }

  /** How many streams are open. */
  public int size() {
    return streams.size();
  }

  private Collection<Open> open() {
    return streams.values();
  }

  private void handOut() {
    open().forEach(open -> open.stream.desire(states.forLabels(open.labels)));
  }
}
