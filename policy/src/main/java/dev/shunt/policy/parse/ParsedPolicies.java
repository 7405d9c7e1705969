package dev.shunt.policy.parse;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Problem;
import java.util.List;

/**
 * What a text holds: the policies of every document without an error, and every problem of the
 * others. A caller that means to apply the text as a whole must refuse it when {@link
 * #hasErrors()}.
 *
 * @param sources where the parts of each policy stand in the text, one for each of {@code policies}
 */
public record ParsedPolicies(
    List<AccelerationPolicy> policies, List<SourceMap> sources, List<Problem> problems) {

  public ParsedPolicies {
    policies = List.copyOf(policies);
    sources = List.copyOf(sources);
    problems = List.copyOf(problems);
    if (policies.size() != sources.size()) {
      throw new IllegalArgumentException(
          "expected one source per policy, found " + sources.size() + " for " + policies.size());
    }
  }

  /**
   * The same problem with its place in the text, when it is about a policy of this text and has no
   * place yet.
   */
  public Problem located(Problem problem) {
    if (problem.line() == 0) {
      for (int i = 0; i < policies.size(); i++) {
        if (policies.get(i).name().equals(problem.policy())) {
          SourceMap.Position position = sources.get(i).at(problem.path());
          return problem.at(position.line(), position.column());
        }
      }
    }
    return problem;
  }

  public boolean hasErrors() {
    return problems.stream().anyMatch(Problem::isError);
  }
}
