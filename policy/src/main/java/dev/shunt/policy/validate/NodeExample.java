package dev.shunt.policy.validate;

import dev.shunt.policy.LabelRequirement;
import dev.shunt.policy.NodeSelector;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds the labels of some node that a selector selects: as few as possible, and always the same.
 */
final class NodeExample {

  /** What a selector asks of one label. */
  private static final class Wanted {
    private boolean present;
    private boolean absent;
    private final Set<String> forbidden = new TreeSet<>();
    private @Nullable SortedSet<String> allowed;

    void allow(Iterable<String> values) {
      present = true;
      SortedSet<String> some = new TreeSet<>();
      for (String value : values) {
        if (allowed == null || allowed.contains(value)) {
          some.add(value);
        }
      }
      allowed = some;
    }

    boolean isPossible() {
      return !present || !absent && value() != null;
    }

    @Nullable String value() {
      if (allowed != null) {
        return allowed.stream()
            .filter(value -> !forbidden.contains(value))
            .findFirst()
            .orElse(null);
      }
      String value = "x";
      while (forbidden.contains(value)) {
        value += "x";
      }
      return value;
    }
  }

  private NodeExample() {}

  /** Labels that the selector matches; empty when there are none. */
  static Optional<Map<String, String>> of(NodeSelector selector) {
    Map<String, Wanted> wanted = new HashMap<>();
    selector
        .matchLabels()
        .forEach(
            (key, value) -> wanted.computeIfAbsent(key, k -> new Wanted()).allow(Set.of(value)));
    for (LabelRequirement requirement : selector.matchExpressions()) {
      Wanted label = wanted.computeIfAbsent(requirement.key(), k -> new Wanted());
      switch (requirement.operator()) {
        case IN -> label.allow(requirement.values());
        case NOT_IN -> label.forbidden.addAll(requirement.values());
        case EXISTS -> label.present = true;
        case DOES_NOT_EXIST -> label.absent = true;
      }
    }
    if (!wanted.values().stream().allMatch(Wanted::isPossible)) {
      return Optional.empty();
    }
    SortedMap<String, String> labels = new TreeMap<>();
    wanted.forEach(
        (key, label) -> {
          String value = label.present ? label.value() : null;
          if (value != null) {
            labels.put(key, value);
          }
        });
    return Optional.of(labels);
  }
}
