package dev.shunt.control.revisions;

import dev.shunt.policy.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * From one snapshot to another.
 *
 * @param warnings what the judge of the new set said; never an error
 */
public record SetChange(PolicySnapshot before, PolicySnapshot after, List<Problem> warnings) {

  public SetChange {
    warnings = List.copyOf(warnings);
  }

  /** Whether both snapshots hold the same policies. */
  public boolean isEmpty() {
    return changes().isEmpty();
  }

  /** By name. */
  public List<PolicyChange> changes() {
    return between(before, after);
  }

  /** What leads from one snapshot to another, by name. */
  public static List<PolicyChange> between(PolicySnapshot before, PolicySnapshot after) {
    TreeSet<String> names = new TreeSet<>(before.policies().keySet());
    names.addAll(after.policies().keySet());
    List<PolicyChange> changes = new ArrayList<>();
    for (String name : names) {
      StoredPolicy old = before.find(name);
      StoredPolicy now = after.find(name);
      if (old == null || now == null || !old.policy().equals(now.policy())) {
        changes.add(new PolicyChange(name, old, now));
      }
    }
    return changes;
  }
}
