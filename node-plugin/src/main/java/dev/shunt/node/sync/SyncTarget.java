package dev.shunt.node.sync;

import dev.shunt.node.agent.ApplyOutcome;
import dev.shunt.node.agent.Health;
import dev.shunt.node.datapath.Insight;
import dev.shunt.node.store.PolicySnapshot;
import org.jspecify.annotations.Nullable;

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

  /**
   * What was seen of connections since the last call; null when nothing new was. Called on the same
   * thread as {@link #health}.
   */
  @Nullable Insight takeInsight();
}
