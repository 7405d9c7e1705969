package dev.shunt.node.sync;

import dev.shunt.node.agent.PolicyProblem;
import dev.shunt.node.store.PolicySnapshot;
import java.time.Duration;
import java.util.List;

/** What a session asks the world to do, in order. */
sealed interface SyncAction {

  /**
   * Open a stream and greet.
   *
   * @param holds what the greeting says this node holds
   * @param joinAgain the credential was refused: exchange the join token, if there is one, for a
   *     new one first
   */
  record Open(long stream, PolicySnapshot holds, boolean joinAgain) implements SyncAction {}

  record SendAck(long stream, long nonce, long version, String digest) implements SyncAction {}

  record SendNack(long stream, long nonce, long activeVersion, List<PolicyProblem> problems)
      implements SyncAction {}

  /** Read the counters and send them. */
  record SendStatus(long stream) implements SyncAction {}

  record Close(long stream, String reason) implements SyncAction {}

  /** Enforce the set and answer with {@link SyncEvent.ApplyFinished}; never two at a time. */
  record Apply(PolicySnapshot desired) implements SyncAction {}

  /** Keep on disk that a set which is enforced already has a newer revision. */
  record Remember(PolicySnapshot snapshot) implements SyncAction {}

  record ConnectAfter(Duration pause) implements SyncAction {}

  record Log(Level level, String sentence) implements SyncAction {}

  /** How loud a log line is. */
  enum Level {
    INFO,
    WARN
  }
}
