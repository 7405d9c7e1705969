package dev.shunt.control.push;

import java.time.Duration;

/** Runs things later. Thread-safe. */
public interface Timer {

  /** Runs a task once after a delay, on a thread that is not the caller's. */
  Cancellable after(Duration delay, Runnable task);

  /** A task that has not run yet. */
  @FunctionalInterface
  interface Cancellable {

    /** Keeps the task from running; nothing happens when it ran already. */
    void cancel();
  }
}
