package dev.shunt.node.sync;

import dev.shunt.node.agent.ApplyOutcome;
import dev.shunt.node.agent.Health;
import dev.shunt.node.store.PolicySnapshot;

/** What the stream drives on this node. */
public interface SyncTarget {

  /**
   * Enforces the set, or changes nothing; never throws. Called on one thread, one call at a time.
   */
  ApplyOutcome apply(PolicySnapshot desired);

  /** The set that is enforced already has a newer revision; keeps that on disk. Never throws. */
  void remember(PolicySnapshot snapshot);

  /**
   * Reads the counters for a status message; never throws. Called on another thread than {@link
   * #apply}.
   */
  Health health();
}
