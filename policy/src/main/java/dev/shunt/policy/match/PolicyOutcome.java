package dev.shunt.policy.match;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Dimension;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What became of one policy for one socket, and why.
 *
 * @param dimensions each of them, in the order of {@link Dimension}; empty for a policy that the
 *     node does not carry
 */
public record PolicyOutcome(
    AccelerationPolicy policy, Standing standing, List<DimensionOutcome> dimensions) {

  /** Where a policy stands after one socket was classified. */
  public enum Standing {
    /** Matches, and no policy before it in winning order does. */
    WON,
    /** Matches, but a policy before it in winning order does too. */
    OUTRANKED,
    /** At least one dimension does not match. */
    NOT_MATCHED,
    /** The node does not have the labels the policy asks for. */
    NOT_ON_NODE
  }

  public PolicyOutcome {
    dimensions = List.copyOf(dimensions);
  }

  public boolean matched() {
    return standing == Standing.WON || standing == Standing.OUTRANKED;
  }

  /** One sentence for a human. */
  public String reason() {
    return switch (standing) {
      case WON -> "wins with priority " + policy.spec().priority() + matchedLines();
      case OUTRANKED ->
          "matches, but a policy with a higher priority or an earlier name does too"
              + matchedLines();
      case NOT_MATCHED -> failures();
      case NOT_ON_NODE -> "spec.nodes does not select this node";
    };
  }

  private String matchedLines() {
    String lines =
        dimensions.stream()
            .filter(outcome -> !outcome.entry().equals(PolicyMatcher.ANY))
            .map(outcome -> outcome.path() + " '" + outcome.entry() + "'")
            .collect(Collectors.joining(", "));
    return lines.isEmpty() ? " (matches every socket)" : " by " + lines;
  }

  private String failures() {
    return dimensions.stream()
        .filter(outcome -> !outcome.matched())
        .map(outcome -> outcome.path() + " does not contain " + outcome.found())
        .collect(Collectors.joining(", "));
  }
}
