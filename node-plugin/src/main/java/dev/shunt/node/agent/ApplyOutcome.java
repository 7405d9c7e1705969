package dev.shunt.node.agent;

import dev.shunt.node.store.PolicySnapshot;
import java.time.Duration;
import java.util.List;

/** What became of an attempt to enforce a policy set. */
public sealed interface ApplyOutcome {

  /**
   * The maps hold the set, were read back, and the set is on disk.
   *
   * @param generation generation number the programs read now
   * @param policies policies of the set that select this node
   * @param took from the first byte parsed to the set being on disk
   * @param warnings problems that did not stop it
   */
  record Applied(
      PolicySnapshot snapshot,
      long generation,
      int policies,
      Duration took,
      List<PolicyProblem> warnings)
      implements ApplyOutcome {}

  /** Nothing was changed; every problem is listed. */
  record Refused(List<PolicyProblem> problems) implements ApplyOutcome {
    public Refused {
      problems = List.copyOf(problems);
      if (problems.isEmpty()) {
        throw new IllegalArgumentException("a refusal must name at least one problem, found none");
      }
    }
  }
}
