package dev.shunt.policy.compile;

import dev.shunt.policy.Problem;

/** Policies need more than the maps hold; nothing was compiled. */
public final class PolicyLimitException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final transient Problem problem;

  PolicyLimitException(Problem problem) {
    super(problem.toString());
    this.problem = problem;
  }

  public Problem problem() {
    return problem;
  }
}
