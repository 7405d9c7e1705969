package dev.shunt.control.security;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Slows down guessing: after a few wrong passwords in a row, each further one doubles the wait.
 * Counted per account and per address apart, so that neither many addresses nor many names help.
 * Thread-safe.
 */
final class LoginThrottle {

  private static final int FREE_ATTEMPTS_OF_ACCOUNT = 5;

  /** Many people may share an address. */
  private static final int FREE_ATTEMPTS_OF_ADDRESS = 20;

  private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

  /** A series of wrong passwords is forgotten after this. */
  private static final Duration MEMORY = Duration.ofMinutes(30);

  /** Names and addresses remembered at most: the oldest make room. */
  private static final int MOST_SERIES = 10_000;

  private record Key(String what, int freeAttempts) {}

  private record Series(int failures, Instant last) {

    Instant openAgain(int freeAttempts) {
      if (failures < freeAttempts) {
        return last;
      }
      Duration wait = FIRST_WAIT.multipliedBy(1L << Math.min(failures - freeAttempts, 20));
      return last.plus(wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT);
    }
  }

  private final Clock clock;
  private final Map<Key, Series> series =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Series> eldest) {
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
    for (Key key : keys(username, address)) {
      Series known = series.get(key);
      if (known != null && known.last.plus(MEMORY).isBefore(now)) {
        series.remove(key);
      } else if (known != null && known.openAgain(key.freeAttempts).isAfter(now)) {
        Duration left = Duration.between(now, known.openAgain(key.freeAttempts));
        wait = left.compareTo(wait) > 0 ? left : wait;
      }
    }
    return wait.isZero() ? null : wait;
  }

  synchronized void failed(String username, String address) {
    Instant now = clock.instant();
    for (Key key : keys(username, address)) {
      Series known = series.remove(key);
      series.put(key, new Series(known == null ? 1 : known.failures + 1, now));
    }
  }

  synchronized void succeeded(String username, String address) {
    for (Key key : keys(username, address)) {
      series.remove(key);
    }
  }

  private static List<Key> keys(String username, String address) {
    return List.of(
        new Key("user " + username, FREE_ATTEMPTS_OF_ACCOUNT),
        new Key("address " + address, FREE_ATTEMPTS_OF_ADDRESS));
  }
}
