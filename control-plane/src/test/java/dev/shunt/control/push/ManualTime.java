package dev.shunt.control.push;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A clock and a timer that stand still until they are moved. */
final class ManualTime extends Clock implements Timer {

  private record Task(Instant due, Runnable run) {}

  private final List<Task> tasks = new ArrayList<>();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");

  /** Moves on, running what becomes due on the way at its own time. */
  void pass(Duration duration) {
    Instant end = now.plus(duration);
    while (true) {
      Task next =
          tasks.stream()
              .filter(task -> !task.due.isAfter(end))
              .min(Comparator.comparing(Task::due))
              .orElse(null);
      if (next == null) {
        now = end;
        return;
      }
      tasks.remove(next);
      now = next.due.isAfter(now) ? next.due : now;
      next.run.run();
    }
  }

  /** How many tasks wait. */
  int waiting() {
    return tasks.size();
  }

  @Override
  public Cancellable after(Duration delay, Runnable run) {
    Task task = new Task(now.plus(delay), run);
    tasks.add(task);
    return () -> tasks.remove(task);
  }

  @Override
  public Instant instant() {
    return now;
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
