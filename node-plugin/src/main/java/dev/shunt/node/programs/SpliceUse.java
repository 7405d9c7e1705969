package dev.shunt.node.programs;

import org.jspecify.annotations.Nullable;

/**
 * Whether a program could call splice(2) on a connection.
 *
 * @param reason why it could, to follow "program X"; null when it never does
 */
public record SpliceUse(@Nullable String reason) {
  public static final SpliceUse NEVER = new SpliceUse(null);

  static SpliceUse possible(String reason) {
    return new SpliceUse(reason);
  }

  public boolean isPossible() {
    return reason != null;
  }
}
