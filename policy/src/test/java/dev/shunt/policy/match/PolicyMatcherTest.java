package dev.shunt.policy.match;

import static dev.shunt.policy.PolicyTexts.policies;
import static dev.shunt.policy.PolicyTexts.policy;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Dimension;
import dev.shunt.policy.match.PolicyOutcome.Standing;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyMatcherTest {

  private static final SocketView VIEW =
      SocketView.of(8080, "10.1.2.3", "127.0.0.1", "/kubepods.slice/pod1");

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{}; true",
        "{match: {ports: [8080]}}; true",
        "{match: {ports: ['1-8079', '8081-65535']}}; false",
        "{match: {ports: [80, '8000-9000']}}; true",
        "{match: {ports: [8080], servers: ['::1/128']}}; false",
        "{match: {ports: [8080], clients: ['10.0.0.0/8'], servers: ['127.0.0.0/8'], cgroups: ['/kubepods.slice/*']}}; true",
        "{match: {clients: ['::ffff:10.0.0.0/104']}}; true",
        "{match: {clients: ['::/0']}}; false",
        "{match: {clients: ['127.0.0.0/8']}}; false",
        "{match: {cgroups: ['/system.slice/**', '/**/pod1']}}; true"
      })
  void dimensionsAreAndedAndTheEntriesOfOneAreOred(String spec, boolean matches) {
    assertThat(PolicyMatcher.matches(policy("p", spec), VIEW)).isEqualTo(matches);
  }

  @Test
  void theHighestPriorityThatMatchesWinsAndTiesGoByName() {
    PolicyMatcher matcher =
        new PolicyMatcher(
            policies(
                "{priority: 300, match: {ports: [1]}}",
                "{priority: 200}",
                "{priority: 200, action: Bypass}",
                "{priority: 7}"));

    assertThat(matcher.winner(VIEW)).map(AccelerationPolicy::name).contains("p1");
  }

  @Test
  void noPolicyIsNoWinner() {
    assertThat(new PolicyMatcher(List.of()).winner(VIEW)).isEmpty();
    assertThat(new PolicyMatcher(policies("{match: {ports: [1]}}")).winner(VIEW)).isEmpty();
  }

  @Test
  void anExplanationNamesTheLineThatDecidedForEveryPolicy() {
    List<AccelerationPolicy> policies =
        List.of(
            policy("elsewhere", "{priority: 9, nodes: {matchLabels: {pool: core}}}"),
            policy(
                "other-port", "{priority: 8, match: {ports: [80, 81], clients: ['10.0.0.0/8']}}"),
            policy(
                "winner",
                "{priority: 7, match: {ports: [80, '8000-9000'], cgroups: ['/kubepods.slice/**']}}"),
            policy("late", "{priority: 6}"));

    SocketExplanation explanation =
        PolicyMatcher.forNode(policies, Map.of("pool", "edge")).explain(VIEW);

    assertThat(explanation.winner()).map(AccelerationPolicy::name).contains("winner");
    assertThat(explanation.policies())
        .extracting(PolicyOutcome::standing)
        .containsExactly(
            Standing.NOT_ON_NODE, Standing.NOT_MATCHED, Standing.WON, Standing.OUTRANKED);
    assertThat(explanation.policies().get(1).dimensions().get(0))
        .isEqualTo(
            new DimensionOutcome(Dimension.PORT, false, "spec.match.ports", "80, 81", "8080"));
    assertThat(explanation.policies().get(1).dimensions().get(2))
        .isEqualTo(
            new DimensionOutcome(
                Dimension.CLIENT, true, "spec.match.clients[0]", "10.0.0.0/8", "10.1.2.3"));
    assertThat(explanation.policies())
        .extracting(PolicyOutcome::reason)
        .containsExactly(
            "spec.nodes does not select this node",
            "spec.match.ports does not contain 8080",
            "wins with priority 7 by spec.match.ports[1] '8000-9000', spec.match.cgroups[0] '/kubepods.slice/**'",
            "matches, but a policy with a higher priority or an earlier name does too (matches every socket)");
  }

  @ParameterizedTest
  @CsvSource({
    // own side, peer's side -> connection, own end, peer's end
    "accelerate, accelerate, eligible, eligible, eligible",
    "none, none, no_policy, no_policy, no_policy",
    "accelerate, none, peer_not_consenting, peer_not_consenting, no_policy",
    "accelerate, bypass, bypassed_by_policy, peer_not_consenting, bypassed_by_policy",
    "accelerate, observe, observed_only, peer_not_consenting, observed_only",
    "observe, observe, observed_only, observed_only, observed_only",
    "observe, none, peer_not_consenting, observed_only, no_policy",
    "observe, bypass, bypassed_by_policy, observed_only, bypassed_by_policy",
    "none, bypass, bypassed_by_policy, no_policy, bypassed_by_policy",
    "bypass, bypass, bypassed_by_policy, bypassed_by_policy, bypassed_by_policy"
  })
  void bothEndsMustConsentAndEveryOtherConnectionHasOneReason(
      String client, String server, String verdict, String clientEnd, String serverEnd) {
    PolicyMatcher matcher =
        new PolicyMatcher(
            policies(
                "{match: {cgroups: ['/accelerate']}}",
                "{match: {cgroups: ['/bypass']}, action: Bypass}",
                "{match: {cgroups: ['/observe']}, mode: Observe}"));

    ConnectionVerdict judged = matcher.judge(in(client), in(server));
    ConnectionVerdict mirrored = matcher.judge(in(server), in(client));

    assertThat(judged.verdict().text()).isEqualTo(verdict);
    assertThat(judged.clientEnd().text()).isEqualTo(clientEnd);
    assertThat(judged.serverEnd().text()).isEqualTo(serverEnd);
    assertThat(mirrored.verdict()).isEqualTo(judged.verdict());
    assertThat(judged.clientWinner() == null).isEqualTo(client.equals("none"));
  }

  @Test
  void behindNatEachEndIsJudgedByWhatItSees() {
    PolicyMatcher matcher =
        new PolicyMatcher(
            policies(
                "{match: {ports: [80], cgroups: ['/app']}}",
                "{match: {ports: [15001], cgroups: ['/sidecar']}}"));

    ConnectionVerdict verdict =
        matcher.judge(
            SocketView.of(80, "10.0.0.1", "10.96.0.1", "/app"),
            SocketView.of(15_001, "10.0.0.1", "127.0.0.1", "/sidecar"));

    assertThat(verdict.verdict()).isEqualTo(Verdict.ELIGIBLE);
  }

  private static SocketView in(String cgroup) {
    return SocketView.of(8080, "127.0.0.1", "127.0.0.1", "/" + cgroup);
  }
}
