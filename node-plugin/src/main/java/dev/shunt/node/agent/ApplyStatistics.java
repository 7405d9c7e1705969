package dev.shunt.node.agent;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** How applying has gone since this process started. Safe for use by several threads. */
public final class ApplyStatistics {

  private final Clock clock;
  private long applied;
  private long refused;
  private Duration total = Duration.ZERO;
  private @Nullable Instant lastApplied;

  public ApplyStatistics(Clock clock) {
    this.clock = clock;
  }

  /**
   * At one instant.
   *
   * @param total time spent on the applied ones
   * @param lastApplied null before the first
   */
  public record View(long applied, long refused, Duration total, @Nullable Instant lastApplied) {}

  synchronized void record(ApplyOutcome outcome) {
    if (outcome instanceof ApplyOutcome.Applied done) {
      applied++;
      total = total.plus(done.took());
      lastApplied = clock.instant();
    } else {
      refused++;
    }
  }

  public synchronized View view() {
    return new View(applied, refused, total, lastApplied);
  }
}
