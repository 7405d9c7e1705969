package dev.shunt.node.sync;

import dev.shunt.node.agent.PolicyProblem;
import dev.shunt.node.store.PolicySnapshot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.TreeMap;

/** What an update means for a node that holds a given set. */
sealed interface Resolution {

  /** The set to enforce. */
  record Desired(PolicySnapshot snapshot) implements Resolution {}

  /** The set is enforced already. */
  record Current(PolicySnapshot snapshot) implements Resolution {}

  /** The delta is for another base than this node has; only a full set can help. */
  record NeedsFull(String reason) implements Resolution {}

  /** The update contradicts itself. */
  record Malformed(List<PolicyProblem> problems) implements Resolution {}

  /** Pure: the same update on the same base always gives the same answer. */
  static Resolution of(PolicySnapshot base, PolicyUpdate update) {
    List<PolicyProblem> problems = problemsOf(update);
    if (!problems.isEmpty()) {
      return new Malformed(problems);
    }
    if (update.digest().equals(base.digest())) {
      return new Current(PolicySnapshot.of(update.version(), base.digest(), base.documents()));
    }
    if (!update.full() && update.baseVersion() != base.revision()) {
      return new NeedsFull(
          "the update changes revision %d, this node holds revision %d"
              .formatted(update.baseVersion(), base.revision()));
    }
    var documents = update.full() ? new TreeMap<String, String>() : new TreeMap<>(base.documents());
    for (String removal : update.removals()) {
      if (documents.remove(removal) == null) {
        return new NeedsFull("the update removes policy " + removal + ", which this node lacks");
      }
    }
    update.upserts().forEach(upsert -> documents.put(upsert.name(), upsert.canonicalJson()));
    return new Desired(new PolicySnapshot(update.version(), update.digest(), documents));
  }

  private static List<PolicyProblem> problemsOf(PolicyUpdate update) {
    var problems = new ArrayList<PolicyProblem>();
    if (update.version() < 0) {
      problems.add(
          PolicyProblem.ofSet(
              "update.version",
              "",
              "expected a version that is not negative, found " + update.version()));
    }
    if (!update.digest().matches("[0-9a-f]{64}")) {
      problems.add(
          PolicyProblem.ofSet(
              "update.digest",
              "",
              "expected a digest of 64 lower-case hex digits, found \"" + update.digest() + "\""));
    }
    if (update.full() && !update.removals().isEmpty()) {
      problems.add(
          PolicyProblem.ofSet(
              "update.removals",
              "",
              "expected no removals in a full update, found " + update.removals().size()));
    }
    var names = new HashSet<String>();
    for (PolicyUpdate.Resource upsert : update.upserts()) {
      if (!names.add(upsert.name())) {
        problems.add(duplicate(upsert.name()));
      }
    }
    for (String removal : update.removals()) {
      if (!names.add(removal)) {
        problems.add(duplicate(removal));
      }
    }
    return problems;
  }

  private static PolicyProblem duplicate(String name) {
    return PolicyProblem.ofResource(
        name,
        "update.duplicate",
        "expected each policy once in an update, found " + name + " more than once");
  }
}
