package dev.shunt.control.revisions;

import dev.shunt.policy.AccelerationPolicy;
import java.util.List;

/**
 * Decides from the current set what to change. Called under the lock of the revision log, so what
 * it checks still holds when its changes are written; it may throw to refuse, and nothing is
 * written. Must not touch the log itself.
 */
@FunctionalInterface
public interface PolicyEdit {

  List<Step> steps(PolicySnapshot current);

  /** One change of one policy. */
  sealed interface Step {

    String name();

    /** Brings a policy in, or replaces the one of its name. */
    record Put(AccelerationPolicy policy) implements Step {
      @Override
      public String name() {
        return policy.name();
      }
    }

    /** Takes a policy out; nothing happens when there is none. */
    record Remove(String name) implements Step {}
  }
}
