package dev.shunt.control.push;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Decides what goes out on one node's stream and when. At most one update is unacknowledged; newer
 * desired states replace one another behind it; a refused digest is not sent again until another is
 * desired or {@link #retry} is called. Thread-safe: everything happens under one lock, which is
 * also what keeps two threads from sending at once.
 */
public final class PushStream {

  private sealed interface Delivery {

    /** Nothing is on its way. */
    record Idle() implements Delivery {}

    record InFlight(long nonce, DesiredState update, Instant sentAt, Timer.Cancellable timeout)
        implements Delivery {}

    record Closed() implements Delivery {}
  }

  private static final Delivery.Idle IDLE = new Delivery.Idle();

  private final Outbound outbound;
  private final Duration ackTimeout;
  private final Timer timer;
  private final Clock clock;
  private final Consumer<DesiredState> onTimeout;

  private Delivery delivery = IDLE;
  private long lastNonce;
  private @Nullable DesiredState desired;

  /** What the node's maps hold, as far as it told. */
  private String applied;

  private @Nullable String parked;
  private long announced = -1;

  /**
   * @param applied digest the node says it carries; empty for none
   * @param parked digest the node refused on an earlier stream
   * @param onTimeout called with the update that was not answered in time, after the stream is
   *     closed
   */
  PushStream(
      Outbound outbound,
      PushTiming timing,
      Timer timer,
      Clock clock,
      String applied,
      @Nullable String parked,
      Consumer<DesiredState> onTimeout) {
    this.outbound = outbound;
    this.ackTimeout = timing.ackTimeout();
    this.timer = timer;
    this.clock = clock;
    this.applied = applied;
    this.parked = parked;
    this.onTimeout = onTimeout;
  }

  /** Makes a state the desired one; an older one than the current is ignored. */
  public synchronized void desire(DesiredState state) {
    if (desired == null || state.version() >= desired.version()) {
      desired = state;
      advance();
    }
  }

  /** The transport can take messages again. */
  public synchronized void ready() {
    advance();
  }

  /** Says the current version again, so that the node knows the server is there. */
  public synchronized void heartbeat() {
    if (desired != null && delivery instanceof Delivery.Idle && outbound.isReady()) {
      outbound.sendHeartbeat(desired);
    }
  }

  /** The node's maps hold the update with this nonce. */
  public synchronized Receipt ack(long nonce, String digest) {
    if (!(delivery instanceof Delivery.InFlight flight) || flight.nonce != nonce) {
      return new Receipt.Stale();
    }
    land(flight);
    applied = digest;
    if (!digest.equals(flight.update.digest())) {
      parked = flight.update.digest();
      advance();
      return new Receipt.Mismatch(flight.update, digest);
    }
    parked = null;
    announced = flight.update.version();
    advance();
    return answered(flight);
  }

  /** The node refused the update with this nonce and still enforces what it had. */
  public synchronized Receipt nack(long nonce) {
    if (!(delivery instanceof Delivery.InFlight flight) || flight.nonce != nonce) {
      return new Receipt.Stale();
    }
    land(flight);
    parked = flight.update.digest();
    advance();
    return answered(flight);
  }

  /** Sends a refused state again. */
  public synchronized void retry() {
    parked = null;
    advance();
  }

  /** Ends the stream from this side. */
  public synchronized void close(String reason) {
    if (end()) {
      outbound.close(reason);
    }
  }

  /** The stream has ended from the other side, or broke. */
  public synchronized void ended() {
    end();
  }

  private boolean end() {
    if (delivery instanceof Delivery.Closed) {
      return false;
    }
    if (delivery instanceof Delivery.InFlight flight) {
      flight.timeout.cancel();
    }
    delivery = new Delivery.Closed();
    return true;
  }

  private void land(Delivery.InFlight flight) {
    flight.timeout.cancel();
    delivery = IDLE;
  }

  private Receipt answered(Delivery.InFlight flight) {
    return new Receipt.Answered(flight.update, Duration.between(flight.sentAt, clock.instant()));
  }

  /** Sends whatever may be sent now; without effect when nothing may. */
  private void advance() {
    DesiredState next = desired;
    if (next == null || !(delivery instanceof Delivery.Idle) || !outbound.isReady()) {
      return;
    }
    if (next.digest().equals(applied)) {
      if (announced != next.version()) {
        announced = next.version();
        outbound.sendHeartbeat(next);
      }
    } else if (!next.digest().equals(parked)) {
      send(next);
    }
  }

  private void send(DesiredState next) {
    long nonce = ++lastNonce;
    Timer.Cancellable timeout = timer.after(ackTimeout, () -> timedOut(nonce));
    delivery = new Delivery.InFlight(nonce, next, clock.instant(), timeout);
    outbound.sendUpdate(nonce, next);
  }

  private void timedOut(long nonce) {
    DesiredState unanswered;
    synchronized (this) {
      // The answer may have arrived while this task was on its way to the lock.
      if (!(delivery instanceof Delivery.InFlight flight) || flight.nonce != nonce) {
        return;
      }
      unanswered = flight.update;
      close("no answer to version " + unanswered.version() + " within " + ackTimeout);
    }
    onTimeout.accept(unanswered);
  }
}
