package dev.shunt.policy.random;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Match;
import dev.shunt.policy.Metadata;
import dev.shunt.policy.PolicySpec;
import dev.shunt.policy.PortRange;
import dev.shunt.policy.match.SocketView;
import dev.shunt.policy.random.Shrinker.Case;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShrinkerTest {

  @Test
  void onlyWhatTheFailureNeedsIsLeft() {
    List<AccelerationPolicy> policies = new ArrayList<>(new RandomPolicies(1).policies(300));
    List<PortRange> ports =
        List.of(new PortRange(1, 2), new PortRange(77, 77), new PortRange(80, 90));
    policies.add(
        policies.size() / 2,
        new AccelerationPolicy(
            Metadata.named("culprit"),
            PolicySpec.of(new Match(ports, List.of(), List.of(), List.of()))));
    SocketView view = SocketView.of(77, "10.0.0.1", "10.0.0.2", "/a/b/c/d");

    Case smallest =
        new Shrinker(
                (some, socket) -> namesPort77(some) && socket.cgroup().components().size() >= 2)
            .shrink(new Case(policies, view));

    assertThat(smallest.policies()).hasSize(1);
    assertThat(smallest.policies().get(0).spec().match().ports())
        .containsExactly(new PortRange(77, 77));
    assertThat(smallest.view().cgroup()).hasToString("/a/b");
    assertThat(smallest.toString()).contains("culprit");
  }

  private static boolean namesPort77(List<AccelerationPolicy> policies) {
    return policies.stream()
        .anyMatch(policy -> policy.spec().match().ports().contains(new PortRange(77, 77)));
  }
}
