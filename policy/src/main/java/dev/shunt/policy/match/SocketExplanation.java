package dev.shunt.policy.match;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.match.PolicyOutcome.Standing;
import java.util.List;
import java.util.Optional;

/** How every policy fared for one socket, in winning order. */
public record SocketExplanation(SocketView view, List<PolicyOutcome> policies) {

  public SocketExplanation {
    policies = List.copyOf(policies);
  }

  public Optional<AccelerationPolicy> winner() {
    return policies.stream()
        .filter(outcome -> outcome.standing() == Standing.WON)
        .map(PolicyOutcome::policy)
        .findFirst();
  }
}
