package dev.shunt.control.push;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Runs an action once edits have been quiet for a while, or have gone on for too long. Thread-safe;
 * the action runs on the timer's thread, never twice at a time.
 */
final class Debouncer {

  private final PushTiming timing;
  private final Timer timer;
  private final Clock clock;
  private final Runnable action;

  private Timer.@Nullable Cancellable pending;
  private @Nullable Instant firstPoke;

  Debouncer(PushTiming timing, Timer timer, Clock clock, Runnable action) {
    this.timing = timing;
    this.timer = timer;
    this.clock = clock;
    this.action = action;
  }

  synchronized void poke() {
    Instant now = clock.instant();
    if (firstPoke == null) {
      firstPoke = now;
    }
    if (pending != null) {
      pending.cancel();
    }
    Duration left = Duration.between(now, firstPoke.plus(timing.atMost()));
    Duration delay = left.compareTo(timing.quiet()) < 0 ? left : timing.quiet();
    pending = timer.after(delay.isNegative() ? Duration.ZERO : delay, this::fire);
  }

  private void fire() {
    synchronized (this) {
      // A poke after this point starts the next round: the action below may have missed it.
      pending = null;
      firstPoke = null;
    }
    action.run();
  }
}
