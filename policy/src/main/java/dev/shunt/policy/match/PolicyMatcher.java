package dev.shunt.policy.match;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CgroupPattern;
import dev.shunt.policy.Cidr;
import dev.shunt.policy.Dimension;
import dev.shunt.policy.Match;
import dev.shunt.policy.PolicySet;
import dev.shunt.policy.PortRange;
import dev.shunt.policy.match.PolicyOutcome.Standing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The reference: what it answers is what policies mean, and the compiled maps and the BPF programs
 * are right when they answer the same. Goes through the policies one by one; immutable and
 * thread-safe.
 */
public final class PolicyMatcher {

  static final String ANY = "any";

  private static final int MOST_ENTRIES_SHOWN = 8;

  private final List<AccelerationPolicy> policies;
  private final Predicate<AccelerationPolicy> onNode;

  private PolicyMatcher(List<AccelerationPolicy> policies, Predicate<AccelerationPolicy> onNode) {
    this.policies = new PolicySet(policies).policies();
    this.onNode = onNode;
  }

  /** Matches all of these policies; their node selectors have been applied already. */
  public PolicyMatcher(List<AccelerationPolicy> policies) {
    this(policies, policy -> true);
  }

  /**
   * Matches as a node with these labels does; explanations name the policies that the node does not
   * carry.
   */
  public static PolicyMatcher forNode(
      List<AccelerationPolicy> policies, Map<String, String> labels) {
    Map<String, String> copy = Map.copyOf(labels);
    return new PolicyMatcher(policies, policy -> policy.spec().nodes().matches(copy));
  }

  /** The first policy in winning order that matches the socket. */
  public Optional<AccelerationPolicy> winner(SocketView view) {
    return policies.stream().filter(onNode).filter(policy -> matches(policy, view)).findFirst();
  }

  public static boolean matches(AccelerationPolicy policy, SocketView view) {
    for (Dimension dimension : Dimension.values()) {
      List<?> entries = dimension.entriesOf(policy.spec().match());
      if (!entries.isEmpty() && firstMatch(dimension, entries, view) < 0) {
        return false;
      }
    }
    return true;
  }

  /** How every policy fared, those that the node does not carry included. */
  public SocketExplanation explain(SocketView view) {
    List<PolicyOutcome> outcomes = new ArrayList<>();
    boolean won = false;
    for (AccelerationPolicy policy : policies) {
      if (!onNode.test(policy)) {
        outcomes.add(new PolicyOutcome(policy, Standing.NOT_ON_NODE, List.of()));
        continue;
      }
      List<DimensionOutcome> dimensions = dimensions(policy.spec().match(), view);
      boolean matches = dimensions.stream().allMatch(DimensionOutcome::matched);
      Standing standing = !matches ? Standing.NOT_MATCHED : won ? Standing.OUTRANKED : Standing.WON;
      won |= matches;
      outcomes.add(new PolicyOutcome(policy, standing, dimensions));
    }
    return new SocketExplanation(view, outcomes);
  }

  /**
   * What policy says of a connection: it is eligible only if the winners of both sockets say
   * Accelerate and Enforce.
   *
   * @param clientEnd the connection as the connecting socket sees it
   * @param serverEnd the connection as the accepting socket sees it
   */
  public ConnectionVerdict judge(SocketView clientEnd, SocketView serverEnd) {
    return ConnectionVerdict.of(winner(clientEnd), winner(serverEnd));
  }

  private static List<DimensionOutcome> dimensions(Match match, SocketView view) {
    List<DimensionOutcome> outcomes = new ArrayList<>();
    for (Dimension dimension : Dimension.values()) {
      outcomes.add(outcome(dimension, dimension.entriesOf(match), view));
    }
    return outcomes;
  }

  private static DimensionOutcome outcome(Dimension dimension, List<?> entries, SocketView view) {
    String found = valueOf(dimension, view).toString();
    if (entries.isEmpty()) {
      return new DimensionOutcome(dimension, true, "spec.match", ANY, found);
    }
    int first = firstMatch(dimension, entries, view);
    return first < 0
        ? new DimensionOutcome(dimension, false, dimension.path(), shown(entries), found)
        : new DimensionOutcome(
            dimension,
            true,
            dimension.path() + "[" + first + "]",
            entries.get(first).toString(),
            found);
  }

  /** Index of the first entry that matches, or -1. */
  private static int firstMatch(Dimension dimension, List<?> entries, SocketView view) {
    for (int i = 0; i < entries.size(); i++) {
      if (entryMatches(dimension, entries.get(i), view)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean entryMatches(Dimension dimension, Object entry, SocketView view) {
    return switch (dimension) {
      case PORT -> ((PortRange) entry).contains(view.serverPort());
      case CGROUP -> ((CgroupPattern) entry).matches(view.cgroup());
      case CLIENT -> ((Cidr) entry).contains(view.client());
      case SERVER -> ((Cidr) entry).contains(view.server());
    };
  }

  private static Object valueOf(Dimension dimension, SocketView view) {
    return switch (dimension) {
      case PORT -> view.serverPort();
      case CGROUP -> view.cgroup();
      case CLIENT -> view.client();
      case SERVER -> view.server();
    };
  }

  private static String shown(List<?> entries) {
    String shown =
        entries.stream()
            .limit(MOST_ENTRIES_SHOWN)
            .map(Object::toString)
            .collect(Collectors.joining(", "));
    return entries.size() > MOST_ENTRIES_SHOWN ? shown + ", …" : shown;
  }
}
