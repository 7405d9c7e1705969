package dev.shunt.control.revisions;

import org.jspecify.annotations.Nullable;

/**
 * What happened to one policy between two snapshots.
 *
 * @param before null when it was added
 * @param after null when it was removed
 */
public record PolicyChange(
    String name, @Nullable StoredPolicy before, @Nullable StoredPolicy after) {

  /** The kinds of change, as the API spells them. */
  public enum Kind {
    Added,
    Changed,
    Removed
  }

  public PolicyChange {
    if (before == null && after == null) {
      throw new IllegalArgumentException(
          "expected a policy before or after the change of " + name + ", found neither");
    }
  }

  public Kind kind() {
    return before == null ? Kind.Added : after == null ? Kind.Removed : Kind.Changed;
  }
}
