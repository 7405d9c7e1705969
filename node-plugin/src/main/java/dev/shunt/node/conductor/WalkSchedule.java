package dev.shunt.node.conductor;

import dev.shunt.node.conductor.Walks.Waiting;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When each namespace is due for a walk. Plain arithmetic on monotonic nanoseconds; not
 * thread-safe.
 *
 * <p>A connection that just appeared is visited after the settle time. What a walk leaves undone is
 * visited again soon, because enrolment takes two visits of each end, then at growing intervals,
 * because a connection that is never quiet may stay undone for as long as it lives. Where somebody
 * may have been missed, a walk is made that late as well, and once more if it came right after the
 * last time that somebody said so: the datapath says so about once a second, and not for each.
 */
final class WalkSchedule {
  static final Duration FIRST_RETRY = Duration.ofMillis(10);
  static final Duration LONGEST_RETRY = Duration.ofSeconds(5);

  /** Somebody may be missed so long after the datapath said so: SHUNT_HASTY_REMINDER_SHIFT. */
  static final Duration MAYBE_MISSED = Duration.ofSeconds(2);

  private final long settleNanos;
  private final Map<Long, Entry> entries = new HashMap<>();
  private final Map<Long, Long> settled = new HashMap<>();

  private static final class Entry {
    long due;
    long undone;
    long retry = FIRST_RETRY.toNanos();
    @Nullable Long maybeMissedUntil;
  }

  WalkSchedule(Duration settle) {
    this.settleNanos = settle.toNanos();
  }

  /** Takes note of who waits in each namespace. */
  void observe(Map<Long, Waiting> waiting, long now) {
    waiting.forEach(
        (namespace, who) -> {
          Entry entry = entries.get(namespace);
          if (entry == null) {
            entry = new Entry();
            entry.due = now + (who.candidates() > 0 ? settleNanos : LONGEST_RETRY.toNanos());
            entries.put(namespace, entry);
          } else if (who.candidates() > entry.undone) {
            entry.due = Math.min(entry.due, now + settleNanos);
            entry.retry = FIRST_RETRY.toNanos();
          }
          if (who.patient()) {
            entry.maybeMissedUntil = now + MAYBE_MISSED.toNanos();
          }
          if (who.urgent() || who.measured()) {
            entry.due = Math.min(entry.due, now);
          }
          entry.undone = who.candidates();
        });
  }

  /** Connections have settled, by namespace, as {@link Walks#settled} tells them. */
  void settled(Map<Long, Long> grown, long now) {
    grown.forEach(
        (namespace, mark) -> {
          Long before = settled.put(namespace, mark);
          if (before != null && mark <= before) {
            return;
          }
          Entry entry = entries.computeIfAbsent(namespace, n -> new Entry());
          entry.due = now;
          entry.retry = FIRST_RETRY.toNanos();
        });
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
    if (entry == null) {
      return;
    }
    if (undone > 0) {
      entry.undone = undone;
      entry.due = now + entry.retry;
      entry.retry = Math.min(2 * entry.retry, LONGEST_RETRY.toNanos());
    } else if (entry.maybeMissedUntil != null && now - entry.maybeMissedUntil < 0) {
      entry.undone = 0;
      entry.due = now + LONGEST_RETRY.toNanos();
      entry.retry = FIRST_RETRY.toNanos();
    } else {
      entries.remove(namespace);
    }
  }

  /** Forgets a namespace that is gone. */
  void forget(long namespace) {
    entries.remove(namespace);
    settled.remove(namespace);
  }
}
