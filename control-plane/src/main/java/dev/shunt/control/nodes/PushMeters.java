package dev.shunt.control.nodes;

import java.time.Duration;

/** Counts how updates fare. Thread-safe. */
interface PushMeters {

  /** How a node answered an update. */
  enum Answer {
    ACK,
    NACK,
    MISMATCH,
    TIMEOUT
  }

  void answered(Answer answer, Duration took);

  /** An answer came for an update that is no longer in flight. */
  void stale();
}
