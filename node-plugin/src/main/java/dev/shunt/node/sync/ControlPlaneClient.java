package dev.shunt.node.sync;

import dev.shunt.node.agent.AgentLog;
import dev.shunt.node.store.PolicySnapshot;
import dev.shunt.protocol.node.v1.NodeMessage;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Carries out what a {@link SyncSession} decides. The session and everything sent run on one
 * thread; policy sets are applied on another, so that a slow kernel never stops reports.
 */
public final class ControlPlaneClient implements AutoCloseable {

  /** How often counters are reported. */
  public static final Duration DEFAULT_BEAT = Duration.ofSeconds(5);

  private final NodeIdentity identity;
  private final Credentials credentials;
  private final SyncTarget target;
  private final AgentLog log;
  private final Duration beat;
  private final SyncSession session;
  private final ControlPlaneChannels channels;
  private final ScheduledExecutorService loop =
      Executors.newSingleThreadScheduledExecutor(daemon("shunt-sync"));
  private final ExecutorService applier = Executors.newSingleThreadExecutor(daemon("shunt-apply"));

  private @Nullable NodeSyncChannel channel;
  private NodeSyncChannel.@Nullable Stream stream;
  private volatile View view;

  /**
   * What others may know of the session, at one instant.
   *
   * @param lastHeard null before the server has said anything
   * @param streams streams opened since the agent started
   */
  public record View(
      boolean connected, long desiredRevision, @Nullable Instant lastHeard, long streams) {}

  public ControlPlaneClient(
      ControlPlaneChannels channels,
      NodeIdentity identity,
      Credentials credentials,
      SyncTarget target,
      PolicySnapshot applied,
      AgentLog log,
      Clock clock,
      Duration beat) {
    this.channels = channels;
    this.identity = identity;
    this.credentials = credentials;
    this.target = target;
    this.log = log;
    this.beat = beat;
    this.session = new SyncSession(applied, Backoff.DEFAULT, clock, RandomGenerator.getDefault());
    this.view = new View(false, applied.revision(), null, 0);
  }

  /** Starts connecting; returns at once. */
  public void start() {
    post(new SyncEvent.ConnectDue());
    loop.scheduleWithFixedDelay(
        () -> handle(new SyncEvent.Beat()),
        beat.toMillis(),
        beat.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  public View view() {
    return view;
  }

  /** Ends the stream in order; waits at most a few seconds for a set that is being applied. */
  @Override
  public void close() {
    post(new SyncEvent.StopRequested());
    loop.shutdown();
    applier.shutdown();
    try {
      loop.awaitTermination(2, TimeUnit.SECONDS);
      applier.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void post(SyncEvent event) {
    inLoop(() -> handle(event));
  }

  private void inLoop(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // Closed: there is nobody left to tell.
    }
  }

  private void handle(SyncEvent event) {
    try {
      session.on(event).forEach(this::perform);
      publish(event);
    } catch (RuntimeException e) {
      // An exception would end the periodic beat without a word.
      log.error(ids(), "the session with the control plane failed: " + e);
    }
  }

  private void publish(SyncEvent event) {
    SyncState state = session.state();
    Instant lastHeard =
        state instanceof SyncState.Streaming streaming && streaming.heard()
            ? streaming.lastHeard()
            : view.lastHeard();
    long streams = view.streams() + (event instanceof SyncEvent.ConnectDue ? 1 : 0);
    view = new View(state.connected(), session.desiredRevision(), lastHeard, streams);
  }

  private void perform(SyncAction action) {
    if (action instanceof SyncAction.Open open) {
      open(open);
    } else if (action instanceof SyncAction.SendAck ack) {
      send(ProtocolMessages.ack(ack));
    } else if (action instanceof SyncAction.SendNack nack) {
      send(ProtocolMessages.nack(nack));
    } else if (action instanceof SyncAction.SendStatus) {
      sendStatus();
    } else if (action instanceof SyncAction.Close close) {
      closeStream(close.reason());
    } else if (action instanceof SyncAction.Apply apply) {
      applier.execute(() -> post(new SyncEvent.ApplyFinished(target.apply(apply.desired()))));
    } else if (action instanceof SyncAction.Remember remember) {
      target.remember(remember.snapshot());
    } else if (action instanceof SyncAction.ConnectAfter after) {
      loop.schedule(
          () -> handle(new SyncEvent.ConnectDue()),
          after.pause().toMillis(),
          TimeUnit.MILLISECONDS);
    } else if (action instanceof SyncAction.Log line) {
      if (line.level() == SyncAction.Level.WARN) {
        log.warn(ids(), line.sentence());
      } else {
        log.info(ids(), line.sentence());
      }
    }
  }

  private void open(SyncAction.Open open) {
    long number = open.stream();
    hangUp();
    // A channel of its own for each attempt: one that failed keeps failing calls until its own
    // backoff, up to two minutes, is over, and remembers addresses the name no longer has.
    NodeSyncChannel own = new NodeSyncChannel(channels.open());
    channel = own;
    try {
      String credential = credentials.credential();
      String token = credential == null || open.joinAgain() ? credentials.joinToken() : null;
      if (token != null) {
        own.join(identity, token, answer -> inLoop(() -> joined(open, own, answer)));
      } else if (credential != null) {
        stream(open, own, credential);
      } else {
        refused(
            number,
            "this node has no credential and no join token; give --join-token or --join-token-file");
      }
    } catch (IOException e) {
      refused(number, "cannot read this node's credential: " + e.getMessage());
    }
  }

  private void joined(
      SyncAction.Open open, NodeSyncChannel own, NodeSyncChannel.JoinAnswer answer) {
    if (answer instanceof NodeSyncChannel.JoinAnswer.Failed failed) {
      // Without joinAgain the stored credential, if any, gets its turn before the token is tried
      // again.
      handle(
          new SyncEvent.StreamEnded(
              open.stream(), SyncEvent.Cause.UNREACHABLE, "cannot join: " + failed.sentence()));
    } else if (answer instanceof NodeSyncChannel.JoinAnswer.Joined joined) {
      try {
        credentials.joined(joined.credential());
      } catch (IOException e) {
        refused(open.stream(), "cannot keep this node's credential: " + e.getMessage());
        return;
      }
      log.info(ids(), "joined the control plane; the credential is stored");
      stream(open, own, joined.credential());
    }
  }

  private void stream(SyncAction.Open open, NodeSyncChannel own, String credential) {
    if (!(session.state() instanceof SyncState.Streaming now) || now.stream() != open.stream()) {
      return;
    }
    stream = own.open(open.stream(), credential, this::post);
    stream.send(ProtocolMessages.hello(identity, open.holds()));
  }

  private void refused(long number, String sentence) {
    handle(new SyncEvent.StreamEnded(number, SyncEvent.Cause.REFUSED, sentence));
  }

  private void sendStatus() {
    NodeSyncChannel.Stream current = stream;
    // A status is worth nothing when it is late, so it is never queued behind a slow connection.
    if (current != null && current.isReady()) {
      current.send(ProtocolMessages.status(target.health(), target.takeInsight()));
    }
  }

  private void send(NodeMessage message) {
    if (stream != null) {
      stream.send(message);
    }
  }

  private void closeStream(String reason) {
    if (stream != null) {
      stream.cancel(reason);
    }
    hangUp();
  }

  private void hangUp() {
    stream = null;
    if (channel != null) {
      channel.close();
      channel = null;
    }
  }

  private String ids() {
    return "node=" + identity.nodeId();
  }

  private static ThreadFactory daemon(String name) {
    return task -> {
      var thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }
}
