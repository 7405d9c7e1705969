package dev.shunt.policy.parse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CanonicalJson;
import dev.shunt.policy.PolicySet;
import dev.shunt.policy.compile.CompiledPolicySet;
import dev.shunt.policy.compile.PolicyCompiler;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class PolicyParserTest {

  private static final String EXAMPLE =
      """
      apiVersion: shunt.dev/v1alpha1
      kind: AccelerationPolicy
      metadata:
        name: checkout-sidecars            # DNS label, unique
        labels: {team: payments}
        annotations: {}
      spec:
        priority: 100
        action: Accelerate
        mode: Enforce
        nodes: {matchLabels: {pool: edge}, matchExpressions: []}
        match:
          ports: ["8080", "15000-15010"]
          cgroups: ["/kubepods.slice/**"]
          clients: ["10.0.0.0/8", "fd00::/8"]
          servers: ["127.0.0.0/8", "::1/128"]
        enrolment: Settled
        blockingSockets: Exclude
        limits: {backlogBytes: 4Mi, backlogMessages: 2048}
        tests:
          - {client: "10.1.2.3", server: "127.0.0.1", port: 15001, cgroup: "/kubepods.slice/pod1", expect: Accelerate}
      status: {revision: 3, conditions: [{type: Ready, status: "True"}]}
      """;

  @Test
  void theExampleOfTheDocumentationIsAPolicyAndItsCanonicalBytesReadBackAsTheSame() {
    ParsedPolicies parsed = parse(EXAMPLE);

    assertThat(parsed.problems()).isEmpty();
    AccelerationPolicy policy = parsed.policies().get(0);
    byte[] canonical = CanonicalJson.write(policy);
    assertThat(new String(canonical, StandardCharsets.UTF_8))
        .startsWith(
            "{\"apiVersion\":\"shunt.dev/v1alpha1\",\"kind\":\"AccelerationPolicy\",\"metadata\":{\"annotations\":{},");
    ParsedPolicies again = PolicyParser.parse(canonical);
    assertThat(again.problems()).isEmpty();
    assertThat(again.policies()).containsExactly(policy);
  }

  @Test
  void theExampleCompiles() {
    List<AccelerationPolicy> policies = parse(EXAMPLE).policies();

    CompiledPolicySet compiled = PolicyCompiler.compile(policies);

    assertThat(compiled.digest()).isEqualTo(new PolicySet(policies).digest());
    assertThat(compiled.policies()).hasSize(1);
    assertThat(compiled.ports()[15_005]).isNotEqualTo(compiled.anyClass().port());
  }

  private static ParsedPolicies parse(String text) {
    return PolicyParser.parse(text.getBytes(StandardCharsets.UTF_8));
  }
}
