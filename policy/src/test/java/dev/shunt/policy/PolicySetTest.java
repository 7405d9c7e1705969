package dev.shunt.policy;

import static dev.shunt.policy.PolicyTexts.policy;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PolicySetTest {

  @Test
  void higherPriorityComesFirstAndTiesGoByName() {
    PolicySet set =
        new PolicySet(
            List.of(
                policy("b", "{priority: 5}"),
                policy("c", "{priority: 65535}"),
                policy("a", "{priority: 5}"),
                policy("d", "{priority: 0}")));

    assertThat(set.policies())
        .extracting(AccelerationPolicy::name)
        .containsExactly("c", "a", "b", "d");
  }

  /**
   * Every node and every control plane must agree on these bytes for ever: a change here breaks
   * rolling upgrades.
   */
  @Test
  void canonicalBytesNeverChange() {
    AccelerationPolicy policy =
        policy(
            "p",
            "{match: {ports: [80, '1-2'], servers: ['FD00::/8', '::ffff:10.0.0.0/104']}, limits:"
                + " {backlogBytes: 1024Ki}}");

    assertThat(new String(CanonicalJson.write(policy), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"apiVersion\":\"shunt.dev/v1alpha1\",\"kind\":\"AccelerationPolicy\",\"metadata\":{\"annotations\":{},\"labels\":{},"
                + "\"name\":\"p\"},\"spec\":{\"action\":\"Accelerate\",\"blockingSockets\":\"Exclude\",\"enrolment\":\"Settled\","
                + "\"limits\":{\"backlogBytes\":\"1Mi\",\"backlogMessages\":2048},\"match\":{\"ports\":[\"80\",\"1-2\"],"
                + "\"servers\":[\"fd00::/8\",\"10.0.0.0/8\"]},\"mode\":\"Enforce\",\"nodes\":{\"matchExpressions\":[],"
                + "\"matchLabels\":{}},\"priority\":100,\"tests\":[]}}");
    assertThat(new PolicySet(List.of(policy)).digest())
        .isEqualTo("a8e615049deecdef9fb4bb0406699443acf1fce0f354b8ccd6939cb29b89d5bb");
    assertThat(new PolicySet(List.of()).digest())
        .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  }

  @Test
  void differentTextsOfOnePolicyHaveOneDigest() {
    AccelerationPolicy spelledOut =
        policy(
            "p",
            "{priority: 100, action: Accelerate, nodes: {matchLabels: {}}, limits: {backlogBytes:"
                + " 16384Ki}, tests: []}");

    assertThat(new PolicySet(List.of(spelledOut)).digest())
        .isEqualTo(new PolicySet(List.of(policy("p", "{}"))).digest());
  }

  @Test
  void aNodeCarriesThePoliciesThatSelectIt() {
    AccelerationPolicy edge = policy("edge", "{nodes: {matchLabels: {pool: edge}}}");
    AccelerationPolicy everywhere = policy("everywhere", "{}");
    PolicySet set = new PolicySet(List.of(edge, everywhere));

    assertThat(set.forNode(Map.of("pool", "edge")).policies()).containsExactly(edge, everywhere);
    assertThat(set.forNode(Map.of("pool", "core")).policies()).containsExactly(everywhere);
  }
}
