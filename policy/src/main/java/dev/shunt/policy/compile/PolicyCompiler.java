package dev.shunt.policy.compile;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CanonicalJson;
import dev.shunt.policy.Cidr;
import dev.shunt.policy.IpAddress.Family;
import dev.shunt.policy.Match;
import dev.shunt.policy.Mode;
import dev.shunt.policy.PolicySet;
import dev.shunt.policy.PolicySpec;
import dev.shunt.policy.Problem;
import dev.shunt.policy.ProblemCode;
import dev.shunt.policy.compile.CompiledPolicySet.AnyClasses;
import dev.shunt.policy.compile.CompiledPolicySet.Prefix;
import dev.shunt.policy.compile.CompiledPolicySet.Prefixes;
import dev.shunt.policy.compile.CompiledPolicySet.Row;
import java.util.List;
import java.util.function.Function;

/**
 * Compiles the policies of one node. Deterministic: equal policies, in any order, give equal maps
 * on every machine. Cost is in proportion to the ranges; the largest set takes less than 200 ms.
 */
public final class PolicyCompiler {

  private final List<AccelerationPolicy> policies;
  private final ClassTable classes = new ClassTable();

  private PolicyCompiler(List<AccelerationPolicy> policies) {
    this.policies = policies;
  }

  /**
   * Compiles valid policies with distinct names, already selected for the node.
   *
   * @throws PolicyLimitException when they need more than the maps hold, with the numbers
   */
  public static CompiledPolicySet compile(List<AccelerationPolicy> policies) {
    checkLimits(policies);
    PolicySet set = new PolicySet(policies);
    return new PolicyCompiler(set.policies()).compile(set.digest());
  }

  private static void checkLimits(List<AccelerationPolicy> policies) {
    if (policies.size() > PolicySet.MOST_POLICIES) {
      throw new PolicyLimitException(
          Problem.of(
              ProblemCode.TOO_MANY_POLICIES,
              "",
              "",
              "at most " + PolicySet.MOST_POLICIES + " policies on a node",
              Integer.toString(policies.size()),
              "select nodes by spec.nodes, or merge policies"));
    }
    int ranges = policies.stream().mapToInt(policy -> policy.spec().match().ranges()).sum();
    if (ranges > PolicySet.MOST_RANGES) {
      throw new PolicyLimitException(
          Problem.of(
              ProblemCode.TOO_MANY_RANGES,
              "",
              "",
              "at most " + PolicySet.MOST_RANGES + " entries of spec.match on a node",
              Integer.toString(ranges),
              "merge neighbouring ports and networks"));
    }
  }

  private CompiledPolicySet compile(String digest) {
    // Never empty, so that the class without any policy exists even where there is no policy.
    int words = Math.max(1, (policies.size() + Long.SIZE - 1) / Long.SIZE);
    long[] anyPort = policiesWithout(Match::ports, words);
    long[] anyCgroup = policiesWithout(Match::cgroups, words);
    long[] anyClient = policiesWithout(Match::clients, words);
    long[] anyServer = policiesWithout(Match::servers, words);
    AnyClasses anyClasses =
        new AnyClasses(
            classes.intern(anyPort),
            classes.intern(anyCgroup),
            classes.intern(anyClient),
            classes.intern(anyServer));
    int[] ports = PortClasses.compile(policies, anyPort, classes);
    Prefixes prefixes =
        new Prefixes(
            prefixes(Match::clients, Family.V4, anyClient),
            prefixes(Match::clients, Family.V6, anyClient),
            prefixes(Match::servers, Family.V4, anyServer),
            prefixes(Match::servers, Family.V6, anyServer));
    CgroupAutomaton cgroups = CgroupCompiler.compile(policies, anyCgroup, classes);
    List<Row> rows = policies.stream().map(PolicyCompiler::row).toList();
    return new CompiledPolicySet(
        digest, rows, classes.classes(), ports, prefixes, cgroups, anyClasses);
  }

  private long[] policiesWithout(Function<Match, List<?>> dimension, int words) {
    long[] any = new long[words];
    for (int policy = 0; policy < policies.size(); policy++) {
      if (dimension.apply(policies.get(policy).spec().match()).isEmpty()) {
        Bits.set(any, policy);
      }
    }
    return any;
  }

  private List<Prefix> prefixes(Function<Match, List<Cidr>> dimension, Family family, long[] any) {
    return PrefixClasses.compile(policies, dimension, family, any, classes);
  }

  private static Row row(AccelerationPolicy policy) {
    PolicySpec spec = policy.spec();
    return new Row(
        policy.name(),
        spec.action(),
        spec.mode(),
        spec.enrolment(),
        spec.blockingSockets(),
        spec.limits().backlogBytes(),
        spec.limits().backlogMessages(),
        spec.mode() == Mode.OBSERVE ? CanonicalJson.fingerprint(spec) : 0);
  }
}
