package dev.shunt.policy.validate;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CgroupPattern;
import dev.shunt.policy.Cidr;
import dev.shunt.policy.Dimension;
import dev.shunt.policy.Match;
import dev.shunt.policy.NodeSelector;
import dev.shunt.policy.PortRange;
import dev.shunt.policy.Problem;
import dev.shunt.policy.ProblemCode;
import dev.shunt.policy.compile.ClassVector;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds policies that can never win, because one policy before them in winning order matches
 * whatever they match, wherever they are. Silent about those that only several others cover
 * together.
 *
 * <p>Ports and prefixes need no comparing: the compiled classes of a policy's own entries have the
 * bits of every policy that covers them.
 */
final class ShadowedPolicies {

  /**
   * Comparisons of cgroup patterns; beyond it, no more warnings, because an edit must not wait for
   * them.
   */
  private static final int MOST_COMPARISONS = 500_000;

  private final List<AccelerationPolicy> policies;
  private final CompiledPolicySet compiled;
  private final Map<Cidr, Integer> clients;
  private final Map<Cidr, Integer> servers;
  private final List<Set<CgroupPattern>> patterns;
  private int comparisons;

  private ShadowedPolicies(List<AccelerationPolicy> inWinningOrder, CompiledPolicySet compiled) {
    this.policies = inWinningOrder;
    this.compiled = compiled;
    this.clients = compiled.prefixes().byNetwork(Dimension.CLIENT);
    this.servers = compiled.prefixes().byNetwork(Dimension.SERVER);
    this.patterns =
        policies.stream()
            .<Set<CgroupPattern>>map(p -> new HashSet<>(p.spec().match().cgroups()))
            .toList();
  }

  static List<Problem> find(List<AccelerationPolicy> inWinningOrder, CompiledPolicySet compiled) {
    ShadowedPolicies finder = new ShadowedPolicies(inWinningOrder, compiled);
    List<Problem> warnings = new ArrayList<>();
    for (int policy = 0; policy < inWinningOrder.size(); policy++) {
      int shadow = finder.shadowOf(policy);
      if (shadow >= 0) {
        warnings.add(warning(inWinningOrder.get(policy), inWinningOrder.get(shadow)));
      }
    }
    return warnings;
  }

  private static Problem warning(AccelerationPolicy policy, AccelerationPolicy shadow) {
    return Problem.of(
        ProblemCode.SHADOWED,
        policy.name(),
        "spec.priority",
        "a policy that can win some socket",
        "that "
            + shadow.name()
            + " with priority "
            + shadow.spec().priority()
            + " goes before it and matches all that it matches",
        "raise the priority or remove the policy");
  }

  /** The first policy that leaves nothing for this one, or -1. */
  private int shadowOf(int policy) {
    long[] covering = new long[compiled.words()];
    Arrays.fill(covering, -1);
    keepThoseAroundPorts(policy, covering);
    Match match = policies.get(policy).spec().match();
    keepThoseAround(match.clients(), clients, compiled.anyClass().client(), covering);
    keepThoseAround(match.servers(), servers, compiled.anyClass().server(), covering);
    for (int other = 0; other < policy; other++) {
      boolean covers = (covering[other / Long.SIZE] >>> other % Long.SIZE & 1) != 0;
      if (covers && selectsAllNodesOf(other, policy) && coversCgroups(other, policy)) {
        return other;
      }
    }
    return -1;
  }

  private void keepThoseAroundPorts(int policy, long[] covering) {
    List<PortRange> ranges = policies.get(policy).spec().match().ports();
    if (ranges.isEmpty()) {
      keep(compiled.anyClass().port(), covering);
    }
    for (PortRange range : ranges) {
      int last = -1;
      for (int port = range.first(); port <= range.last(); port++) {
        if (compiled.ports()[port] != last) {
          last = compiled.ports()[port];
          keep(last, covering);
        }
      }
    }
  }

  private void keepThoseAround(
      List<Cidr> cidrs, Map<Cidr, Integer> prefixes, int anyClass, long[] covering) {
    if (cidrs.isEmpty()) {
      keep(anyClass, covering);
    }
    cidrs.forEach(cidr -> keep(prefixes.getOrDefault(cidr, anyClass), covering));
  }

  private void keep(int classId, long[] covering) {
    ClassVector vector = compiled.classes().get(classId);
    for (int word = 0; word < covering.length; word++) {
      covering[word] &= vector.word(word);
    }
  }

  /** Whether everything {@code other} asks of a node is asked by {@code policy} too. */
  private boolean selectsAllNodesOf(int other, int policy) {
    NodeSelector wide = policies.get(other).spec().nodes();
    NodeSelector narrow = policies.get(policy).spec().nodes();
    return narrow.matchLabels().entrySet().containsAll(wide.matchLabels().entrySet())
        && narrow.matchExpressions().containsAll(wide.matchExpressions());
  }

  private boolean coversCgroups(int other, int policy) {
    Set<CgroupPattern> wide = patterns.get(other);
    Set<CgroupPattern> narrow = patterns.get(policy);
    return wide.isEmpty()
        || !narrow.isEmpty()
            && narrow.stream().allMatch(inner -> wide.contains(inner) || anyContains(wide, inner));
  }

  private boolean anyContains(Set<CgroupPattern> wide, CgroupPattern inner) {
    for (CgroupPattern pattern : wide) {
      if (comparisons++ > MOST_COMPARISONS) {
        return false;
      }
      if (pattern.contains(inner)) {
        return true;
      }
    }
    return false;
  }
}
