package dev.shunt.policy.validate;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Action;
import dev.shunt.policy.Expectation;
import dev.shunt.policy.PolicyTest;
import dev.shunt.policy.Problem;
import dev.shunt.policy.ProblemCode;
import dev.shunt.policy.match.PolicyMatcher;
import dev.shunt.policy.match.PolicyOutcome;
import dev.shunt.policy.match.PolicyOutcome.Standing;
import dev.shunt.policy.match.SocketExplanation;
import dev.shunt.policy.match.SocketView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs the tests that policies carry. A test is run against the whole set, on a node that carries
 * the test's own policy and has no label beyond those: so it also fails when an edit of another
 * policy takes its socket away.
 */
final class PolicyTests {

  private PolicyTests() {}

  /**
   * One problem per failing test, of at most about {@code enough}: to explain a failure takes time.
   */
  static List<Problem> run(List<AccelerationPolicy> policies, int enough) {
    List<Problem> problems = new ArrayList<>();
    for (AccelerationPolicy policy : policies) {
      if (problems.size() >= enough) {
        break;
      }
      Optional<Map<String, String>> node = NodeExample.of(policy.spec().nodes());
      if (!policy.spec().tests().isEmpty() && node.isPresent()) {
        problems.addAll(run(policy, PolicyMatcher.forNode(policies, node.get())));
      }
    }
    return problems;
  }

  private static List<Problem> run(AccelerationPolicy policy, PolicyMatcher matcher) {
    List<Problem> problems = new ArrayList<>();
    List<PolicyTest> tests = policy.spec().tests();
    for (int i = 0; i < tests.size(); i++) {
      SocketView view = SocketView.of(tests.get(i));
      Expectation expected = tests.get(i).expect();
      if (outcome(matcher.winner(view)) != expected) {
        problems.add(
            Problem.of(
                ProblemCode.TEST_FAILED,
                policy.name(),
                "spec.tests[" + i + "]",
                expected.text(),
                found(policy, matcher.explain(view)),
                "change the policy, or the test if it no longer says what you want"));
      }
    }
    return problems;
  }

  private static Expectation outcome(Optional<AccelerationPolicy> winner) {
    return winner
        .map(
            policy ->
                policy.spec().action() == Action.ACCELERATE
                    ? Expectation.ACCELERATE
                    : Expectation.BYPASS)
        .orElse(Expectation.NO_MATCH);
  }

  /** Who won and by which lines, and, when it is another policy, why the test's own did not. */
  private static String found(AccelerationPolicy own, SocketExplanation explanation) {
    StringBuilder found = new StringBuilder(outcome(explanation.winner()).text());
    for (PolicyOutcome outcome : explanation.policies()) {
      boolean isOwn = outcome.policy().name().equals(own.name());
      if (outcome.standing() == Standing.WON || isOwn) {
        found.append("; ").append(outcome.policy().name()).append(": ").append(outcome.reason());
      }
    }
    return found.toString();
  }
}
