package dev.shunt.policy.validate;

import static dev.shunt.policy.PolicyTexts.parse;
import static dev.shunt.policy.PolicyTexts.policies;
import static dev.shunt.policy.PolicyTexts.policy;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Metadata;
import dev.shunt.policy.PolicySpec;
import dev.shunt.policy.Problem;
import dev.shunt.policy.ProblemCode;
import dev.shunt.policy.match.PolicyMatcher;
import dev.shunt.policy.match.PolicyOutcome;
import dev.shunt.policy.match.PolicyOutcome.Standing;
import dev.shunt.policy.match.SocketView;
import dev.shunt.policy.parse.ParsedPolicies;
import dev.shunt.policy.random.RandomPolicies;
import dev.shunt.policy.random.Seed;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyValidatorTest {

  @Test
  void aSetWithoutProblemsHasNone() {
    assertThat(PolicyValidator.validate(List.of())).isEmpty();
    assertThat(
            PolicyValidator.validate(
                policies(
                    "{match: {ports: ['15001', '15006'], cgroups: ['/kubepods.slice/**'], servers: ['127.0.0.0/8', '10.0.0.0/8']}}",
                    "{match: {ports: [8080]}, action: Bypass, priority: 200}")))
        .isEmpty();
  }

  @Test
  void duplicateNamesAreErrors() {
    assertThat(PolicyValidator.validate(List.of(policy("p", "{}"), policy("p", "{priority: 1}"))))
        .extracting(Problem::code)
        .containsExactly(ProblemCode.DUPLICATE_NAME);
  }

  @Test
  void limitsOfTheMapsAreErrors() {
    assertThat(
            PolicyValidator.validate(
                policies(Collections.nCopies(1_025, "{}").toArray(new String[0]))))
        .extracting(Problem::code)
        .containsExactly(ProblemCode.TOO_MANY_POLICIES);
    String stars = "/*".repeat(30);
    assertThat(
            PolicyValidator.validate(
                policies("{match: {cgroups: ['/**/a" + stars + "', '/**/b" + stars + "']}}")))
        .extracting(Problem::code)
        .containsExactly(ProblemCode.CGROUPS_TOO_COMPLEX);
  }

  @Test
  void nobodyReadsMoreThanAThousandFailuresOrWarnings() {
    String test = "{client: 10.0.0.1, server: 127.0.0.1, port: 80, cgroup: /, expect: NoMatch}";
    String tests = "tests: [" + String.join(", ", Collections.nCopies(100, test)) + "]";

    PolicySpec spec = policy("p", "{" + tests + "}").spec();
    List<AccelerationPolicy> policies =
        IntStream.range(0, 600)
            .mapToObj(i -> new AccelerationPolicy(Metadata.named("p" + i), spec))
            .toList();

    List<Problem> problems = PolicyValidator.validate(policies);

    assertThat(problems).hasSize(2_002);
    assertThat(problems.get(1_000).code()).isEqualTo(ProblemCode.TOO_MANY_PROBLEMS);
    assertThat(problems.get(2_001).code()).isEqualTo(ProblemCode.TOO_MANY_WARNINGS);
  }

  @Test
  void aFailingTestNamesWhoWonAndWhyTheOwnPolicyDidNot() {
    ParsedPolicies parsed =
        parse(
            """
            apiVersion: shunt.dev/v1alpha1
            kind: AccelerationPolicy
            metadata: {name: mine}
            spec:
              match: {ports: [80]}
              tests:
                - {client: 10.0.0.1, server: 127.0.0.1, port: 80, cgroup: /a, expect: Accelerate}
                - {client: 10.0.0.1, server: 127.0.0.1, port: 81, cgroup: /a, expect: Accelerate}
                - {client: 10.0.0.1, server: 127.0.0.1, port: 82, cgroup: /a, expect: NoMatch}
            ---
            apiVersion: shunt.dev/v1alpha1
            kind: AccelerationPolicy
            metadata: {name: theirs}
            spec: {priority: 200, action: Bypass, match: {cgroups: [/a], ports: [80]}}
            """);

    List<Problem> problems = errors(PolicyValidator.validate(parsed.policies()));

    assertThat(problems).extracting(Problem::code).containsOnly(ProblemCode.TEST_FAILED);
    assertThat(problems)
        .extracting(Problem::path)
        .containsExactly("spec.tests[0]", "spec.tests[1]");
    assertThat(problems.get(0).found())
        .startsWith("Bypass; theirs: wins with priority 200 by spec.match.ports[0] '80'")
        .contains("; mine: matches, but a policy with a higher priority");
    assertThat(problems.get(1).found())
        .isEqualTo("NoMatch; mine: spec.match.ports does not contain 81");
    assertThat(parsed.located(problems.get(1)).line()).isEqualTo(8);
    assertThat(parsed.located(problems.get(1)).column()).isEqualTo(7);
  }

  @Test
  void aTestRunsOnANodeThatCarriesItsPolicyAndWhateverElseThatNodeCarries() {
    String test =
        ", tests: [{client: 10.0.0.1, server: 127.0.0.1, port: 80, cgroup: /, expect: Accelerate}]}";
    AccelerationPolicy edge = policy("edge", "{nodes: {matchLabels: {pool: edge}}" + test);
    AccelerationPolicy onCore =
        policy("core", "{priority: 200, action: Bypass, nodes: {matchLabels: {pool: core}}}");
    AccelerationPolicy everywhere =
        policy("everywhere", "{priority: 300, action: Bypass, match: {ports: [80]}}");

    assertThat(errors(PolicyValidator.validate(List.of(edge, onCore)))).isEmpty();
    assertThat(errors(PolicyValidator.validate(List.of(edge, onCore, everywhere)))).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{match: {ports: ['15000-15090']}}; SH051 SH051 SH051; spec.match.ports[0]",
        "{match: {ports: [80, '15021']}}; SH051; spec.match.ports[1]",
        "{match: {ports: ['15021']}, action: Bypass}; ''; ''",
        "{match: {servers: ['0.0.0.0/0']}}; SH052; spec.match.servers[0]",
        "{match: {servers: ['10.0.0.0/8', '8.8.8.0/24']}}; SH052; spec.match.servers[1]",
        "{match: {servers: ['fd00::/8', '::1/128', '100.64.0.0/10']}}; ''; ''",
        "{}; SH053; spec.match",
        "{action: Bypass}; ''; ''",
        "{match: {clients: ['10.0.0.0/8', '10.1.0.0/16', '::/0']}}; SH054; spec.match.clients[1]",
        "{match: {cgroups: ['/a/b', '/a/**', '/b']}}; SH054; spec.match.cgroups[0]",
        "{match: {ports: [1]}, nodes: {matchLabels: {a: x}, matchExpressions: [{key: a, operator: NotIn, values: [x]}]}}; SH055; spec.nodes",
        "{match: {ports: [1]}, nodes: {matchExpressions: [{key: a, operator: Exists}, {key: a, operator: DoesNotExist}]}}; SH055; spec.nodes",
        "{match: {ports: [1]}, nodes: {matchExpressions: [{key: a, operator: Exists}, {key: a, operator: NotIn, values: [x]}]}}; ''; ''"
      })
  void aSuspiciousPolicyIsAWarningAtTheLine(String spec, String codes, String path) {
    List<Problem> problems = PolicyValidator.validate(policies(spec));

    assertThat(problems).noneMatch(Problem::isError);
    assertThat(problems)
        .extracting(problem -> problem.code().id())
        .containsExactly(codes.isEmpty() ? new String[0] : codes.split(" "));
    assertThat(problems).extracting(Problem::path).allMatch(path::equals);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{priority: 2, match: {ports: ['1-100']}}; {match: {ports: ['50-60', 70]}}; true",
        "{priority: 2, match: {ports: ['1-50', '51-100']}}; {match: {ports: ['50-60']}}; true",
        "{priority: 2, match: {ports: ['1-100']}}; {match: {ports: ['50-101']}}; false",
        "{priority: 2, match: {ports: ['1-100']}}; {match: {clients: ['10.0.0.0/8']}}; false",
        "{priority: 2, match: {clients: ['10.0.0.0/8', '::/0']}}; {match: {clients: ['10.1.0.0/16', 'fd00::/8']}}; true",
        "{priority: 2, match: {clients: ['10.0.0.0/8']}}; {match: {clients: ['10.1.0.0/16', 'fd00::/8']}}; false",
        "{priority: 2, match: {cgroups: ['/a/**']}}; {match: {cgroups: ['/a/b/*', '/a']}}; true",
        "{priority: 2, match: {cgroups: ['/a/*']}}; {match: {cgroups: ['/a/**']}}; false",
        "{priority: 2, match: {cgroups: ['/**']}}; {}; false",
        "{priority: 2, match: {ports: [80]}, nodes: {matchLabels: {a: x}}}; {match: {ports: [80]}}; false",
        "{priority: 2, match: {ports: [80]}, nodes: {matchLabels: {a: x}}}; {match: {ports: [80]}, nodes: {matchLabels: {a: x, b: y}}}; true",
        "{priority: 2, mode: Observe, match: {ports: [80]}}; {match: {ports: [80]}}; true",
        "{priority: 100, match: {ports: [80]}}; {priority: 100, match: {ports: [80]}}; true"
      })
  void aPolicyThatCanNeverWinIsAWarning(String first, String second, boolean shadowed) {
    String high = first.replace("priority: 2", "priority: 200");

    List<Problem> problems = PolicyValidator.validate(policies(high, second));

    assertThat(
            problems.stream()
                .filter(problem -> problem.code() == ProblemCode.SHADOWED)
                .map(Problem::policy))
        .isEqualTo(shadowed ? List.of("p1") : List.of());
  }

  @Test
  void noSocketIsEverWonByAPolicyReportedAsShadowed() {
    RandomPolicies random = new RandomPolicies(Seed.OF_THIS_RUN);
    int shadowed = 0;
    for (int set = 0; set < 100; set++) {
      List<AccelerationPolicy> policies = random.policies(30);
      List<String> names =
          PolicyValidator.validate(policies).stream()
              .filter(problem -> problem.code() == ProblemCode.SHADOWED)
              .map(Problem::policy)
              .toList();
      shadowed += names.size();
      PolicyMatcher onAnyNode =
          PolicyMatcher.forNode(policies, Map.of("pool", "edge", "zone", "a"));
      for (int i = 0; i < 50; i++) {
        SocketView view = random.view();
        assertThat(onAnyNode.explain(view).policies())
            .as("%s %s", view, Seed.hint())
            .filteredOn(outcome -> names.contains(outcome.policy().name()))
            .extracting(PolicyOutcome::standing)
            .doesNotContain(Standing.WON);
      }
    }
    assertThat(shadowed).as(Seed.hint()).isPositive();
  }

  @Test
  void observationsWarnOfPoliciesThatMatchNothingAndOfHandshakeOnBlockingSockets() {
    List<AccelerationPolicy> policies =
        policies(
            "{match: {ports: [80]}, enrolment: Handshake}",
            "{match: {ports: [81]}}",
            "{match: {ports: [80]}, nodes: {matchLabels: {pool: core}}}",
            "{match: {ports: [82]}, enrolment: Handshake}");
    SocketView port80 = SocketView.of(80, "10.0.0.1", "127.0.0.1", "/a");
    SocketView port82 = SocketView.of(82, "10.0.0.1", "127.0.0.1", "/a");

    List<Problem> warnings =
        ObservationWarnings.of(
            policies,
            List.of(
                new ObservedSocket(port80, Map.of("pool", "edge"), true),
                new ObservedSocket(port80, Map.of(), false),
                new ObservedSocket(port82, Map.of(), false)),
            true);

    // p2 is for nodes of which nothing is known.
    assertThat(warnings).extracting(Problem::policy).containsExactly("p0", "p1");
    assertThat(warnings)
        .extracting(Problem::code)
        .containsExactly(ProblemCode.BLOCKING_SEEN, ProblemCode.NOTHING_SEEN);
    assertThat(warnings.get(0).found()).isEqualTo("1 blocking of 2 seen lately");
    assertThat(ObservationWarnings.of(policies, List.of(), true)).isEmpty();
  }

  private static List<Problem> errors(List<Problem> problems) {
    return problems.stream().filter(Problem::isError).toList();
  }
}
