package dev.shunt.node.sync;

import java.time.Instant;

/** Where a session stands. */
public sealed interface SyncState {

  /** No stream; the next attempt is scheduled. */
  record Offline(int failures) implements SyncState {}

  /**
   * A stream was asked for.
   *
   * @param failures in a row before it
   * @param heard whether the server has said anything on it
   * @param opened when it was asked for
   * @param lastHeard when it was asked for or last said something
   */
  record Streaming(long stream, int failures, boolean heard, Instant opened, Instant lastHeard)
      implements SyncState {}

  record Stopped() implements SyncState {}

  default boolean connected() {
    return this instanceof Streaming streaming && streaming.heard();
  }
}
