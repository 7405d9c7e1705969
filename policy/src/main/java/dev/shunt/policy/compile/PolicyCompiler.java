package dev.shunt.policy.compile;

import dev.shunt.policy.AccelerationPolicy;
import java.util.List;

/**
 * Compiles the policies of one node. Deterministic: equal policies, in any order, give equal maps
 * on every machine.
 */
public final class PolicyCompiler {

  private PolicyCompiler() {}

  /**
   * Compiles valid policies with distinct names, already selected for the node.
   *
   * @throws PolicyLimitException when they need more than the maps hold, with the numbers
   */
  public static CompiledPolicySet compile(List<AccelerationPolicy> policies) {
    throw new UnsupportedOperationException("the compiler follows in the next commit");
  }
}
