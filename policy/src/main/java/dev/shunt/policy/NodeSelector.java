package dev.shunt.policy;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The nodes that carry a policy: those with every label of {@code matchLabels} and for which every
 * expression is true.
 */
public record NodeSelector(
    Map<String, String> matchLabels, List<LabelRequirement> matchExpressions) {

  /** What a policy without {@code nodes} means. */
  public static final NodeSelector EVERY_NODE = new NodeSelector(Map.of(), List.of());

  public NodeSelector {
    matchLabels = Collections.unmodifiableMap(new TreeMap<>(matchLabels));
    matchLabels.forEach(Labels::check);
    matchExpressions = List.copyOf(matchExpressions);
  }

  /** Whether a node with these labels carries the policy. */
  public boolean matches(Map<String, String> labels) {
    return matchLabels.entrySet().stream()
            .allMatch(label -> label.getValue().equals(labels.get(label.getKey())))
        && matchExpressions.stream().allMatch(expression -> expression.matches(labels));
  }
}
