package dev.shunt.control.security;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Slows down guessing: after a few wrong passwords in a row, each further one doubles the wait.
 * Counted per account and per address apart, so that neither many addresses nor many names help.
 * Thread-safe.
 */
final class LoginThrottle {

  private static final int FREE_ATTEMPTS = 5;
  private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

  /** A series of wrong passwords is forgotten after this. */
  private static final Duration MEMORY = Duration.ofMinutes(30);

  /** Names and addresses remembered at most: the oldest make room. */
  private static final int MOST_SERIES = 10_000;

  private record Series(int failures, Instant last) {

    Instant openAgain() {
      if (failures < FREE_ATTEMPTS) {
        return last;
      }
      Duration wait = FIRST_WAIT.multipliedBy(1L << Math.min(failures - FREE_ATTEMPTS, 20));
      return last.plus(wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT);
    }
  }

  private final Clock clock;
  private final Map<String, Series> series =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Series> eldest) {
          return size() > MOST_SERIES;
        }
      };

  LoginThrottle(Clock clock) {
    this.clock = clock;
  }

  /** How long the caller has to wait before it may try; null when it may try now. */
  synchronized @Nullable Duration waitFor(String username, String address) {
    Instant now = clock.instant();
    Duration wait = Duration.ZERO;
    for (String key : keys(username, address)) {
      Series known = series.get(key);
      if (known != null && known.last.plus(MEMORY).isBefore(now)) {
        series.remove(key);
      } else if (known != null && known.openAgain().isAfter(now)) {
        Duration left = Duration.between(now, known.openAgain());
        wait = left.compareTo(wait) > 0 ? left : wait;
      }
    }
    return wait.isZero() ? null : wait;
  }

  synchronized void failed(String username, String address) {
    Instant now = clock.instant();
    for (String key : keys(username, address)) {
      Series known = series.remove(key);
      series.put(key, new Series(known == null ? 1 : known.failures + 1, now));
    }
  }

  synchronized void succeeded(String username, String address) {
    for (String key : keys(username, address)) {
      series.remove(key);
    }
  }

  private static String[] keys(String username, String address) {
    return new String[] {"user " + username, "address " + address};
  }
}
