package dev.shunt.node.sync;

import dev.shunt.node.agent.ApplyOutcome;
import dev.shunt.node.store.PolicySnapshot;
import dev.shunt.node.sync.SyncAction.Level;
import dev.shunt.node.sync.SyncState.Offline;
import dev.shunt.node.sync.SyncState.Stopped;
import dev.shunt.node.sync.SyncState.Streaming;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The rules of the stream, without a stream: takes events, answers with actions. Silence is never
 * success, nothing is acknowledged before the maps hold it, and a node that cannot reach anybody
 * keeps what it has.
 *
 * <p>Confined to one thread.
 */
final class SyncSession {

  /** A server says something at least every ten seconds; three times that is a dead connection. */
  static final Duration SILENCE = Duration.ofSeconds(30);

  /** A stream that lived this long ends a row of failures. */
  static final Duration LASTING = Duration.ofSeconds(10);

  private final Clock clock;
  private final RandomGenerator random;
  private final Backoff backoff;
  private final List<SyncAction> actions = new ArrayList<>();

  private SyncState state = new Offline(0);
  private PolicySnapshot applied;
  private long desiredRevision;
  private long lastStream;
  private boolean askForFull;
  private boolean joinAgain;
  private boolean refused;
  private String lastFailure = "";
  private @Nullable Pending applying;
  private @Nullable Pending queued;

  /** An update that the server waits for an answer to. */
  private record Pending(long stream, PolicyUpdate update) {}

  SyncSession(PolicySnapshot applied, Backoff backoff, Clock clock, RandomGenerator random) {
    this.applied = applied;
    this.desiredRevision = applied.revision();
    this.backoff = backoff;
    this.clock = clock;
    this.random = random;
  }

  SyncState state() {
    return state;
  }

  /** Newest revision the control plane has spoken of. */
  long desiredRevision() {
    return desiredRevision;
  }

  List<SyncAction> on(SyncEvent event) {
    if (!(state instanceof Stopped) && !isStale(event)) {
      handle(event);
    }
    List<SyncAction> result = List.copyOf(actions);
    actions.clear();
    return result;
  }

  private void handle(SyncEvent event) {
    // A switch over sealed types needs Java 21; the compiler's help is worth less than running on
    // 17.
    if (event instanceof SyncEvent.ConnectDue) {
      connect();
    } else if (event instanceof SyncEvent.Beat) {
      beat();
    } else if (event instanceof SyncEvent.UpdateReceived received) {
      heard();
      update(new Pending(received.stream(), received.update()));
    } else if (event instanceof SyncEvent.HeartbeatReceived received) {
      heard();
      heartbeat(received);
    } else if (event instanceof SyncEvent.ResyncReceived received) {
      heard();
      log(Level.INFO, "the control plane sends the whole policy set again: " + received.reason());
    } else if (event instanceof SyncEvent.GoAwayReceived received) {
      goAway(received);
    } else if (event instanceof SyncEvent.UnknownReceived) {
      heard();
      log(Level.WARN, "ignored a message of the control plane that this version does not know");
    } else if (event instanceof SyncEvent.StreamEnded ended) {
      ended(ended);
    } else if (event instanceof SyncEvent.ApplyFinished finished) {
      finished(finished.outcome());
    } else if (event instanceof SyncEvent.StopRequested) {
      stop();
    }
  }

  private void connect() {
    if (!(state instanceof Offline offline)) {
      return;
    }
    long stream = ++lastStream;
    Instant now = clock.instant();
    state = new Streaming(stream, offline.failures(), false, now, now);
    actions.add(new SyncAction.Open(stream, askForFull ? PolicySnapshot.NONE : applied, joinAgain));
    joinAgain = false;
  }

  private void beat() {
    if (!(state instanceof Streaming streaming)) {
      return;
    }
    Duration silence = Duration.between(streaming.lastHeard(), clock.instant());
    if (silence.compareTo(SILENCE) > 0) {
      fail(
          "nothing heard from the control plane for "
              + silence.toSeconds()
              + " s, expected a heartbeat");
    } else if (streaming.heard()) {
      actions.add(new SyncAction.SendStatus(streaming.stream()));
    }
  }

  private void heard() {
    if (state instanceof Streaming streaming) {
      if (!streaming.heard()) {
        log(Level.INFO, "connected to the control plane");
        lastFailure = "";
        actions.add(new SyncAction.SendStatus(streaming.stream()));
      }
      state =
          new Streaming(
              streaming.stream(), streaming.failures(), true, streaming.opened(), clock.instant());
    }
  }

  /**
   * A version whose set is the one held already comes as a heartbeat only. A server that says no
   * digest means the same, unless the last set was refused: that one is parked, not held.
   */
  private void heartbeat(SyncEvent.HeartbeatReceived received) {
    desiredRevision = received.version();
    boolean held =
        received.digest().isEmpty() ? !refused : received.digest().equals(applied.digest());
    boolean holdsAny = !applied.digest().isEmpty();
    if (held && holdsAny && applying == null && applied.revision() != received.version()) {
      remember(received.version());
    }
  }

  private void remember(long version) {
    applied = new PolicySnapshot(version, applied.digest(), applied.documents());
    actions.add(new SyncAction.Remember(applied));
  }

  private void update(Pending pending) {
    desiredRevision = pending.update().version();
    Pending running = applying;
    if (running != null) {
      boolean sameStream = running.stream() == pending.stream() || queued != null;
      if (sameStream) {
        fail(
            "the control plane sent update %d before update %d was answered, expected one at a time"
                .formatted(pending.update().nonce(), running.update().nonce()));
        return;
      }
      // The stream broke while its update was being applied: the answer to it has nobody to go to.
      queued = pending;
      return;
    }
    start(pending);
  }

  private void start(Pending pending) {
    PolicyUpdate update = pending.update();
    Resolution resolution = Resolution.of(applied, update);
    if (resolution instanceof Resolution.Desired desired) {
      applying = pending;
      actions.add(new SyncAction.Apply(desired.snapshot()));
    } else if (resolution instanceof Resolution.Current current) {
      askForFull = false;
      refused = false;
      if (current.snapshot().revision() != applied.revision()) {
        remember(current.snapshot().revision());
      }
      actions.add(
          new SyncAction.SendAck(
              pending.stream(), update.nonce(), update.version(), update.digest()));
      actions.add(new SyncAction.SendStatus(pending.stream()));
    } else if (resolution instanceof Resolution.NeedsFull needed) {
      askForFull = true;
      fail(needed.reason() + "; asking for the whole set");
    } else if (resolution instanceof Resolution.Malformed malformed) {
      refused = true;
      actions.add(
          new SyncAction.SendNack(
              pending.stream(), update.nonce(), applied.revision(), malformed.problems()));
    }
  }

  private void finished(ApplyOutcome outcome) {
    Pending pending = applying;
    applying = null;
    if (outcome instanceof ApplyOutcome.Applied done) {
      applied = done.snapshot();
      askForFull = false;
    }
    refused = outcome instanceof ApplyOutcome.Refused;
    if (pending != null && isCurrent(pending.stream())) {
      answer(pending, outcome);
      actions.add(new SyncAction.SendStatus(pending.stream()));
    }
    Pending next = queued;
    queued = null;
    if (next != null && isCurrent(next.stream())) {
      start(next);
    }
  }

  private void answer(Pending pending, ApplyOutcome outcome) {
    PolicyUpdate update = pending.update();
    if (outcome instanceof ApplyOutcome.Applied done) {
      actions.add(
          new SyncAction.SendAck(
              pending.stream(), update.nonce(), update.version(), done.snapshot().digest()));
    } else if (outcome instanceof ApplyOutcome.Refused refused) {
      actions.add(
          new SyncAction.SendNack(
              pending.stream(), update.nonce(), applied.revision(), refused.problems()));
    }
  }

  private void goAway(SyncEvent.GoAwayReceived received) {
    log(
        Level.INFO,
        "the control plane asks to come back in %d ms: %s"
            .formatted(received.retryAfter().toMillis(), received.reason()));
    actions.add(new SyncAction.Close(received.stream(), "asked to go away"));
    state = new Offline(0);
    actions.add(new SyncAction.ConnectAfter(backoff.after(received.retryAfter(), random)));
  }

  private void ended(SyncEvent.StreamEnded ended) {
    joinAgain = ended.cause() == SyncEvent.Cause.REFUSED;
    offline(ended.sentence());
  }

  /** We end the stream, because it cannot be trusted to go on. */
  private void fail(String sentence) {
    if (state instanceof Streaming streaming) {
      actions.add(new SyncAction.Close(streaming.stream(), sentence));
      offline(sentence);
    }
  }

  private void offline(String sentence) {
    int before =
        state instanceof Streaming streaming && !lasted(streaming) ? streaming.failures() : 0;
    state = new Offline(before + 1);
    Duration pause = backoff.pause(before + 1, random);
    // One line per change: an hour without a control plane is one line, not a hundred.
    if (!sentence.equals(lastFailure)) {
      lastFailure = sentence;
      log(
          Level.WARN,
          "%s; this node %s and tries again, after %d ms first"
              .formatted(sentence, whatIsEnforced(), pause.toMillis()));
    }
    actions.add(new SyncAction.ConnectAfter(pause));
  }

  /**
   * A server that answers and hangs up at once must not be asked ever again without a growing
   * pause.
   */
  private boolean lasted(Streaming streaming) {
    return streaming.heard()
        && Duration.between(streaming.opened(), clock.instant()).compareTo(LASTING) >= 0;
  }

  private void stop() {
    if (state instanceof Streaming streaming) {
      actions.add(new SyncAction.Close(streaming.stream(), "the node plugin stops"));
    }
    state = new Stopped();
  }

  private String whatIsEnforced() {
    return applied.digest().isEmpty()
        ? "was never given a policy"
        : "keeps enforcing revision " + applied.revision();
  }

  private boolean isCurrent(long stream) {
    return state instanceof Streaming streaming && streaming.stream() == stream;
  }

  private boolean isStale(SyncEvent event) {
    return event.stream() != 0 && !isCurrent(event.stream());
  }

  private void log(Level level, String sentence) {
    actions.add(new SyncAction.Log(level, sentence));
  }
}
