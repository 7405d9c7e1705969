package dev.shunt.node.sync;

import dev.shunt.node.agent.ApplyOutcome;
import java.time.Duration;

/**
 * Everything that can happen to a session. Events of a stream that is no longer the current one are
 * ignored.
 */
sealed interface SyncEvent {

  /** The stream the event belongs to, from 1; 0 for events that belong to none. */
  default long stream() {
    return 0;
  }

  /** The pause after a failure is over, or the agent starts. */
  record ConnectDue() implements SyncEvent {}

  /** A periodic beat, on which reports are sent and silence is noticed. */
  record Beat() implements SyncEvent {}

  record UpdateReceived(long stream, PolicyUpdate update) implements SyncEvent {}

  /**
   * The server is there, and nothing is on its way to this node.
   *
   * @param digest of the desired set; empty when the server does not say
   */
  record HeartbeatReceived(long stream, long version, String digest) implements SyncEvent {}

  record ResyncReceived(long stream, String reason) implements SyncEvent {}

  record GoAwayReceived(long stream, Duration retryAfter, String reason) implements SyncEvent {}

  /** The server sent a message this version does not know. */
  record UnknownReceived(long stream) implements SyncEvent {}

  record StreamEnded(long stream, Cause cause, String sentence) implements SyncEvent {}

  /** The enforcer is done with the set of an {@link SyncAction.Apply}. */
  record ApplyFinished(ApplyOutcome outcome) implements SyncEvent {}

  record StopRequested() implements SyncEvent {}

  /** Why a stream ended. */
  enum Cause {
    /** No connection, or it broke. */
    UNREACHABLE,
    /** The server ended it in order. */
    ENDED,
    /** The server does not accept who we say we are. */
    REFUSED
  }
}
