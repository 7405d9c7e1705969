package dev.shunt.policy;

import static dev.shunt.policy.PolicyTexts.policy;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PolicyDiffTest {

  @Test
  void everyPlaceThatDiffersIsNamedWithBothValues() {
    List<Change> changes =
        PolicyDiff.between(
            policy(
                "p", "{priority: 1, match: {ports: ['80', '81', '82'], clients: ['10.0.0.0/8']}}"),
            policy("p", "{priority: 2, match: {ports: ['79', '80', '82'], servers: ['::1/128']}}"));

    assertThat(changes)
        .extracting(Change::toString)
        .containsExactly(
            "~ spec.priority: 1 -> 2",
            "- spec.match.ports[1]: \"81\"",
            "+ spec.match.ports[0]: \"79\"",
            "- spec.match.clients: [\"10.0.0.0/8\"]",
            "+ spec.match.servers: [\"::1/128\"]");
  }

  @Test
  void entriesInAnotherOrderAreOneChangeOfTheList() {
    assertThat(
            PolicyDiff.between(
                policy("p", "{match: {ports: [1, 2]}}"), policy("p", "{match: {ports: [2, 1]}}")))
        .containsExactly(new Change("spec.match.ports", "[\"1\",\"2\"]", "[\"2\",\"1\"]"));
  }

  @Test
  void equalPoliciesDoNotDiffer() {
    assertThat(PolicyDiff.between(policy("p", "{}"), policy("p", "{priority: 100}"))).isEmpty();
  }

  @Test
  void setsAreComparedByName() {
    PolicyDiff diff =
        PolicyDiff.between(
            List.of(policy("gone", "{}"), policy("kept", "{}"), policy("edited", "{}")),
            List.of(
                policy("edited", "{mode: Observe}"), policy("kept", "{}"), policy("new", "{}")));

    assertThat(diff.added()).containsExactly("new");
    assertThat(diff.removed()).containsExactly("gone");
    assertThat(diff.changed())
        .containsOnlyKeys("edited")
        .containsEntry("edited", List.of(new Change("spec.mode", "\"Enforce\"", "\"Observe\"")));
    assertThat(diff.isEmpty()).isFalse();
  }
}
