package dev.shunt.node.sync;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Exponential pauses with full jitter: ten thousand nodes that lost one server at one instant must
 * not come back at another one instant.
 *
 * @param first upper bound of the pause after the first failure
 * @param longest upper bound of any pause
 */
record Backoff(Duration first, Duration longest) {

  // Before DEFAULT, whose constructor reads it.
  private static final Duration SHORTEST = Duration.ofMillis(50);

  static final Backoff DEFAULT = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));

  Backoff {
    if (first.compareTo(SHORTEST) < 0 || longest.compareTo(first) < 0) {
      throw new IllegalArgumentException(
          "expected %s <= first <= longest, found first %s and longest %s"
              .formatted(SHORTEST, first, longest));
    }
  }

  /** A pause between 50 ms and the bound, which doubles with each failure up to the longest. */
  Duration pause(int failures, RandomGenerator random) {
    int doublings = Math.min(Math.max(failures - 1, 0), 20);
    long bound = Math.min(first.toMillis() << doublings, longest.toMillis());
    return Duration.ofMillis(random.nextLong(SHORTEST.toMillis(), bound + 1));
  }

  /**
   * What the server asked for, plus up to as much again and at least the first bound, so that nodes
   * told the same do not return together.
   */
  Duration after(Duration asked, RandomGenerator random) {
    long least = Math.max(asked.toMillis(), SHORTEST.toMillis());
    long spread = Math.max(least, first.toMillis());
    return Duration.ofMillis(random.nextLong(least, least + spread + 1));
  }
}
