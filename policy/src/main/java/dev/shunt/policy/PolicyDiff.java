package dev.shunt.policy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What an edit of a policy set changes.
 *
 * @param added names, sorted
 * @param removed names, sorted
 * @param changed by name, what differs; never empty lists
 */
public record PolicyDiff(
    List<String> added, List<String> removed, SortedMap<String, List<Change>> changed) {

  public PolicyDiff {
    added = added.stream().sorted().toList();
    removed = removed.stream().sorted().toList();
    changed = Collections.unmodifiableSortedMap(new TreeMap<>(changed));
  }

  /** Compares two sets by the names of their policies. */
  public static PolicyDiff between(
      List<AccelerationPolicy> before, List<AccelerationPolicy> after) {
    Map<String, AccelerationPolicy> old = byName(before);
    Map<String, AccelerationPolicy> now = byName(after);
    SortedMap<String, List<Change>> changed = new TreeMap<>();
    now.forEach(
        (name, policy) -> {
          AccelerationPolicy previous = old.get(name);
          if (previous != null && !previous.equals(policy)) {
            changed.put(name, between(previous, policy));
          }
        });
    return new PolicyDiff(
        without(now.keySet(), old.keySet()), without(old.keySet(), now.keySet()), changed);
  }

  /** Every place in which two policies differ, in the order of the documentation. */
  public static List<Change> between(AccelerationPolicy before, AccelerationPolicy after) {
    List<Change> changes = new ArrayList<>();
    compare("", PolicyTree.of(before), PolicyTree.of(after), changes);
    return List.copyOf(changes);
  }

  public boolean isEmpty() {
    return added.isEmpty() && removed.isEmpty() && changed.isEmpty();
  }

  private static Map<String, AccelerationPolicy> byName(List<AccelerationPolicy> policies) {
    return policies.stream()
        .collect(
            Collectors.toMap(
                AccelerationPolicy::name, policy -> policy, (first, second) -> second));
  }

  private static List<String> without(Set<String> names, Set<String> others) {
    return names.stream().filter(name -> !others.contains(name)).toList();
  }

  private static void compare(
      String path, @Nullable Object before, @Nullable Object after, List<Change> changes) {
    if (before instanceof Map<?, ?> old && after instanceof Map<?, ?> now) {
      Set<Object> keys = new LinkedHashSet<>(old.keySet());
      keys.addAll(now.keySet());
      keys.forEach(key -> compare(child(path, (String) key), old.get(key), now.get(key), changes));
    } else if (before instanceof List<?> old && after instanceof List<?> now) {
      compareLists(path, old, now, changes);
    } else if (before == null || !before.equals(after)) {
      add(path, before, after, changes);
    }
  }

  private static void add(
      String path, @Nullable Object before, @Nullable Object after, List<Change> changes) {
    if (before != null || after != null) {
      changes.add(
          new Change(
              path,
              before == null ? null : CanonicalJson.text(before),
              after == null ? null : CanonicalJson.text(after)));
    }
  }

  /**
   * Entries of a list have no order that means anything: an entry that moved is no change, unless
   * nothing else changed.
   */
  private static void compareLists(
      String path, List<?> before, List<?> after, List<Change> changes) {
    if (before.equals(after)) {
      return;
    }
    int found = changes.size();
    entriesWithout(before, after)
        .forEach(i -> add(path + "[" + i + "]", before.get(i), null, changes));
    entriesWithout(after, before)
        .forEach(i -> add(path + "[" + i + "]", null, after.get(i), changes));
    if (changes.size() == found) {
      add(path, before, after, changes);
    }
  }

  /** Indices of the entries of {@code list} that {@code other} does not have, or has less often. */
  private static List<Integer> entriesWithout(List<?> list, List<?> other) {
    Map<Object, Integer> available = new HashMap<>();
    other.forEach(entry -> available.merge(entry, 1, Integer::sum));
    return IntStream.range(0, list.size())
        .filter(i -> available.merge(list.get(i), -1, Integer::sum) < 0)
        .boxed()
        .toList();
  }

  private static String child(String path, String key) {
    if (path.isEmpty()) {
      return key;
    }
    return key.matches("[A-Za-z_][A-Za-z0-9_-]*") ? path + "." + key : path + "[\"" + key + "\"]";
  }
}
