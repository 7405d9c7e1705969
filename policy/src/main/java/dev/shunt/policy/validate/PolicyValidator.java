package dev.shunt.policy.validate;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.PolicySet;
import dev.shunt.policy.Problem;
import dev.shunt.policy.ProblemCode;
import dev.shunt.policy.Quoted;
import dev.shunt.policy.compile.CompiledPolicySet;
import dev.shunt.policy.compile.PolicyCompiler;
import dev.shunt.policy.compile.PolicyLimitException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Validates a whole policy set, as it would be after an edit. */
public final class PolicyValidator {

  private PolicyValidator() {}

  /** Of each severity; nobody reads more. */
  static final int MOST = 1_000;

  /**
   * Every problem of a set of policies that are each valid: duplicate names and limits; where there
   * are none of these, failing tests and warnings. Problems have no line; {@code
   * ParsedPolicies.located} adds it.
   *
   * <p>The limits of a node's maps are applied to the whole set, as if one node carried all of it:
   * then no labels that a node may get later can make it refuse the set.
   *
   * @return errors first; empty when there is nothing to say
   */
  public static List<Problem> validate(List<AccelerationPolicy> policies) {
    List<Problem> problems = duplicateNames(policies);
    if (!problems.isEmpty()) {
      return problems;
    }
    CompiledPolicySet compiled;
    try {
      compiled = PolicyCompiler.compile(policies);
    } catch (PolicyLimitException e) {
      return List.of(e.problem());
    }
    List<AccelerationPolicy> inWinningOrder = new PolicySet(policies).policies();
    List<Problem> failures = PolicyTests.run(inWinningOrder, MOST + 1);
    List<Problem> warnings = new ArrayList<>(ShadowedPolicies.find(inWinningOrder, compiled));
    inWinningOrder.forEach(policy -> warnings.addAll(PolicyWarnings.of(policy)));
    problems.addAll(atMost(failures, ProblemCode.TOO_MANY_PROBLEMS));
    problems.addAll(atMost(warnings, ProblemCode.TOO_MANY_WARNINGS));
    return List.copyOf(problems);
  }

  private static List<Problem> atMost(List<Problem> problems, ProblemCode more) {
    if (problems.size() <= MOST) {
      return problems;
    }
    List<Problem> first = new ArrayList<>(problems.subList(0, MOST));
    first.add(
        Problem.of(
            more,
            "",
            "",
            "at most " + MOST,
            Integer.toString(problems.size()),
            "mend these first"));
    return first;
  }

  private static List<Problem> duplicateNames(List<AccelerationPolicy> policies) {
    List<Problem> problems = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (AccelerationPolicy policy : policies) {
      if (!names.add(policy.name())) {
        problems.add(
            Problem.of(
                ProblemCode.DUPLICATE_NAME,
                policy.name(),
                "metadata.name",
                "each name once",
                Quoted.of(policy.name()) + " again",
                "rename one of them"));
      }
    }
    return problems;
  }
}
