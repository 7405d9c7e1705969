package dev.shunt.node.conductor;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * When each namespace is due for a walk. Plain arithmetic on monotonic nanoseconds; not
 * thread-safe.
 *
 * <p>A connection that just appeared is visited after the settle time. What a walk leaves undone is
 * visited again soon, because enrolment takes two visits of each end, then at growing intervals,
 * because a connection that is never quiet may stay undone for as long as it lives.
 */
final class WalkSchedule {
  static final Duration FIRST_RETRY = Duration.ofMillis(10);
  static final Duration LONGEST_RETRY = Duration.ofSeconds(5);

  private final long settleNanos;
  private final Map<Long, Entry> entries = new HashMap<>();

  private static final class Entry {
    long due;
    long undone;
    long retry = FIRST_RETRY.toNanos();
  }

  WalkSchedule(Duration settle) {
    this.settleNanos = settle.toNanos();
  }

  /** Takes note of how many connections wait in each namespace. */
  void observe(Map<Long, Long> waiting, long now) {
    waiting.forEach(
        (namespace, count) -> {
          Entry entry = entries.get(namespace);
          if (entry == null) {
            entry = new Entry();
            entry.due = now + settleNanos;
            entries.put(namespace, entry);
          } else if (count > entry.undone) {
            entry.due = Math.min(entry.due, now + settleNanos);
            entry.retry = FIRST_RETRY.toNanos();
          }
          entry.undone = count;
        });
  }

  /** Somebody in these namespaces, whom {@link #observe} knows of, shall not wait. */
  void hurry(Set<Long> namespaces, long now) {
    for (Long namespace : namespaces) {
      Entry entry = entries.get(namespace);
      if (entry != null && entry.due - now > 0) {
        entry.due = now;
      }
    }
  }

  /** Namespaces whose time has come. */
  List<Long> due(long now) {
    return entries.entrySet().stream()
        .filter(entry -> entry.getValue().due - now <= 0)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** A walk ended and left connections undone. */
  void walked(long namespace, long undone, long now) {
    Entry entry = entries.get(namespace);
    if (undone == 0) {
      entries.remove(namespace);
    } else if (entry != null) {
      entry.undone = undone;
      entry.due = now + entry.retry;
      entry.retry = Math.min(2 * entry.retry, LONGEST_RETRY.toNanos());
    }
  }

  /** Forgets a namespace that is gone. */
  void forget(long namespace) {
    entries.remove(namespace);
  }
}
