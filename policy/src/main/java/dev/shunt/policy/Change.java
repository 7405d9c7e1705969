package dev.shunt.policy;

import org.jspecify.annotations.Nullable;

/**
 * One place in which two policies differ. Values are JSON texts.
 *
 * @param path such as {@code spec.priority} or {@code spec.match.ports[2]}; the index is that of
 *     the policy that has the value
 * @param before null when the value was added
 * @param after null when the value was removed
 */
public record Change(String path, @Nullable String before, @Nullable String after) {

  @Override
  public String toString() {
    if (before == null) {
      return "+ " + path + ": " + after;
    }
    return after == null
        ? "- " + path + ": " + before
        : "~ " + path + ": " + before + " -> " + after;
  }
}
