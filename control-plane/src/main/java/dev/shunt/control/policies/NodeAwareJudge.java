package dev.shunt.control.policies;

import dev.shunt.control.nodes.Nodes;
import dev.shunt.control.revisions.SetJudge;
import dev.shunt.policy.PolicySet;
import dev.shunt.policy.Problem;
import dev.shunt.policy.validate.PolicyValidator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/**
 * Validates a set, runs its tests and compiles it. The limits hold for a node, not for the whole
 * set: a set that is too large for one node is judged by what each node would carry of it.
 */
@Component
class NodeAwareJudge implements SetJudge {

  /** Asked for late: the nodes themselves need the revisions that this judges. */
  private final ObjectProvider<Nodes> nodes;

  NodeAwareJudge(ObjectProvider<Nodes> nodes) {
    this.nodes = nodes;
  }

  @Override
  public List<Problem> judge(PolicySet set) {
    int ranges = set.policies().stream().mapToInt(policy -> policy.spec().match().ranges()).sum();
    boolean fitsOnOneNode =
        set.policies().size() <= PolicySet.MOST_POLICIES && ranges <= PolicySet.MOST_RANGES;
    return fitsOnOneNode ? PolicyValidator.validate(set.policies()) : judgeByNode(set);
  }

  private List<Problem> judgeByNode(PolicySet set) {
    Set<Map<String, String>> labels = new HashSet<>(nodes.getObject().labels().values());
    labels.add(Map.of());
    Set<Problem> problems = new LinkedHashSet<>();
    labels.stream()
        .map(set::forNode)
        .distinct()
        .forEach(selected -> problems.addAll(PolicyValidator.validate(selected.policies())));
    return List.copyOf(problems);
  }
}
