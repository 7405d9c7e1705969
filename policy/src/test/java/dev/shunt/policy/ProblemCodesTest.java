package dev.shunt.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.shunt.policy.parse.ParsedPolicies;
import dev.shunt.policy.parse.PolicyParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One wrong document per code of the parser, and where its problem is. {@code PolicyValidatorTest}
 * has the codes of sets.
 */
class ProblemCodesTest {

  /** Lines 1 to 4; what a case adds begins in line 5. */
  private static final String HEAD =
      """
      apiVersion: shunt.dev/v1alpha1
      kind: AccelerationPolicy
      metadata: {name: p}
      spec:
      """;

  private static Stream<Arguments> documents() {
    return Stream.of(
        wrong(ProblemCode.SYNTAX, "", 6, 1, HEAD + "  action: [\n"),
        wrong(ProblemCode.SYNTAX, "", 5, 3, HEAD + "  \u0007: 1\n"),
        wrong(ProblemCode.SYNTAX, "spec.action", 5, 11, HEAD + "  action: \"\\ud800\"\n"),
        wrong(ProblemCode.ALIAS, "spec.match", 5, 10, HEAD + "  match: &a {ports: [1]}\n"),
        wrong(ProblemCode.ALIAS, "spec.mode", 5, 9, HEAD + "  mode: *a\n"),
        wrong(ProblemCode.TAG, "spec.priority", 5, 13, HEAD + "  priority: !!int 7\n"),
        wrong(
            ProblemCode.DUPLICATE_KEY,
            "spec.mode",
            6,
            3,
            HEAD + "  mode: Enforce\n  mode: Observe\n"),
        wrong(
            ProblemCode.TOO_DEEP,
            "spec.x" + "[0]".repeat(29),
            5,
            36,
            HEAD + "  x: " + "[".repeat(99) + "]".repeat(99)),
        wrong(ProblemCode.NO_DOCUMENT, "", 1, 1, "# nothing\n---\n...\n"),
        wrong(ProblemCode.UNKNOWN_FIELD, "spec.prio", 5, 3, HEAD + "  prio: 7\n"),
        wrong(ProblemCode.MISSING_FIELD, "spec", 1, 1, HEAD.replace("spec:\n", "")),
        wrong(
            ProblemCode.MISSING_FIELD,
            "metadata.name",
            3,
            1,
            HEAD.replace("name: p", "") + "  mode: Observe\n"),
        wrong(ProblemCode.WRONG_TYPE, "spec", 4, 6, HEAD),
        wrong(
            ProblemCode.WRONG_TYPE, "spec.match.ports", 6, 12, HEAD + "  match:\n    ports: 80\n"),
        wrong(ProblemCode.WRONG_TYPE, "spec.match.ports", 6, 11, HEAD + "  match:\n    ports:\n"),
        wrong(ProblemCode.WRONG_TYPE, "spec.priority", 5, 13, HEAD + "  priority: \"7\"\n"),
        wrong(ProblemCode.WRONG_TYPE, "spec.priority", 5, 13, HEAD + "  priority: 0x10\n"),
        wrong(ProblemCode.WRONG_TYPE, "spec.mode", 5, 9, HEAD + "  mode: true\n"),
        wrong(ProblemCode.WRONG_TYPE, "spec", 5, 5, HEAD + "  ? [a]\n  : 1\n"),
        wrong(
            ProblemCode.UNSUPPORTED_KIND,
            "kind",
            2,
            7,
            HEAD.replace("AccelerationPolicy", "Deployment")),
        wrong(ProblemCode.UNSUPPORTED_KIND, "apiVersion", 1, 13, HEAD.replace("v1alpha1", "v9")),
        wrong(
            ProblemCode.EMPTY_LIST, "spec.match.servers", 5, 11, HEAD + "  match: {servers: []}\n"),
        wrong(ProblemCode.NOT_ONE_OF, "spec.action", 5, 11, HEAD + "  action: accelerate\n"),
        wrong(ProblemCode.OUT_OF_RANGE, "spec.priority", 5, 13, HEAD + "  priority: 65536\n"),
        wrong(
            ProblemCode.OUT_OF_RANGE,
            "spec.priority",
            5,
            13,
            HEAD + "  priority: 99999999999999999999\n"),
        wrong(
            ProblemCode.OUT_OF_RANGE,
            "spec.limits.backlogBytes",
            5,
            26,
            HEAD + "  limits: {backlogBytes: 2Gi}\n"),
        wrong(
            ProblemCode.OUT_OF_RANGE,
            "spec.limits.backlogMessages",
            5,
            29,
            HEAD + "  limits: {backlogMessages: 0}\n"),
        wrong(
            ProblemCode.BAD_NAME,
            "metadata.name",
            3,
            18,
            HEAD.replace("name: p", "name: Pod") + "  mode: Observe\n"),
        wrong(
            ProblemCode.BAD_LABEL,
            "metadata.labels.team",
            3,
            36,
            HEAD.replace("p}", "p, labels: {team: 'a b'}}") + "  mode: Observe\n"),
        wrong(
            ProblemCode.BAD_LABEL,
            "metadata.annotations[\"a b\"]",
            3,
            40,
            HEAD.replace("p}", "p, annotations: {a b: ''}}") + "  mode: Observe\n"),
        wrong(
            ProblemCode.BAD_SELECTOR,
            "spec.nodes.matchExpressions[0]",
            5,
            31,
            HEAD + "  nodes: {matchExpressions: [ {key: a, operator: In}]}\n"),
        wrong(
            ProblemCode.BAD_PORT,
            "spec.match.ports[1]",
            5,
            23,
            HEAD + "  match: {ports: [80, 0]}\n"),
        wrong(
            ProblemCode.INVERTED_RANGE,
            "spec.match.ports[0]",
            5,
            19,
            HEAD + "  match: {ports: [90-80]}\n"),
        wrong(
            ProblemCode.OVERLAPPING_RANGES,
            "spec.match.ports[1]",
            5,
            26,
            HEAD + "  match: {ports: [80-90, 85]}\n"),
        wrong(
            ProblemCode.OVERLAPPING_RANGES,
            "spec.match.clients[1]",
            7,
            17,
            HEAD + "  match:\n    clients: [10.0.0.0/8,\n                '::ffff:10.0.0.0/104']\n"),
        wrong(
            ProblemCode.BAD_CIDR,
            "spec.match.clients[0]",
            5,
            21,
            HEAD + "  match: {clients: [10.0.0.1]}\n"),
        wrong(
            ProblemCode.HOST_BITS_SET,
            "spec.match.servers[0]",
            5,
            21,
            HEAD + "  match: {servers: [10.0.0.1/8]}\n"),
        wrong(
            ProblemCode.BAD_GLOB,
            "spec.match.cgroups[0]",
            5,
            21,
            HEAD + "  match: {cgroups: [/pods/pod*]}\n"),
        wrong(
            ProblemCode.BAD_ADDRESS,
            "spec.tests[0].client",
            6,
            16,
            HEAD
                + "  tests:\n    - {client: x, server: 1.2.3.4, port: 1, cgroup: /, expect: NoMatch}\n"),
        wrong(
            ProblemCode.BAD_ADDRESS,
            "spec.tests[0]",
            6,
            7,
            HEAD
                + "  tests:\n    - {client: '::1', server: 1.2.3.4, port: 1, cgroup: /, expect: NoMatch}\n"),
        wrong(
            ProblemCode.BAD_BYTE_SIZE,
            "spec.limits.backlogBytes",
            5,
            26,
            HEAD + "  limits: {backlogBytes: 4MB}\n"),
        wrong(
            ProblemCode.CONFLICTING_FIELDS,
            "spec.blockingSockets",
            6,
            20,
            HEAD + "  enrolment: Handshake\n  blockingSockets: Accept\n"),
        wrong(
            ProblemCode.DUPLICATE_NAME,
            "metadata.name",
            9,
            18,
            HEAD + "  mode: Observe\n---\n" + HEAD + "  mode: Observe\n"));
  }

  private static Arguments wrong(ProblemCode code, String path, int line, int column, String text) {
    return Arguments.of(code, path, line, column, text);
  }

  @ParameterizedTest(name = "{0} at {1}")
  @MethodSource("documents")
  void aWrongDocumentHasOneProblemWithItsPlaceAndItsPolicyIsNotAccepted(
      ProblemCode code, String path, int line, int column, String text) {
    ParsedPolicies parsed = PolicyTexts.parse(text);

    assertThat(parsed.problems())
        .as(text)
        .singleElement()
        .satisfies(problem -> assertThat(problem.toString()).startsWith(code.id() + " "))
        .extracting(Problem::code, Problem::path, Problem::line, Problem::column)
        .containsExactly(code, path, line, column);
    assertThat(parsed.policies()).hasSize(code == ProblemCode.DUPLICATE_NAME ? 1 : 0);
    assertThat(parsed.hasErrors()).isTrue();
  }

  @Test
  void bytesThatAreNotUtf8AreFoundWithTheirPlace() {
    byte[] text = (HEAD + "  mode: Observe # caf?\n").getBytes(StandardCharsets.US_ASCII);
    text[text.length - 2] = (byte) 0xe9;

    assertThat(PolicyParser.parse(text).problems())
        .extracting(Problem::code, Problem::line, Problem::column, Problem::found)
        .containsExactly(tuple(ProblemCode.NOT_UTF8, 5, 22, "the byte 0xe9"));
  }

  @Test
  void aDocumentAboveTheLimitIsRefusedUnread() {
    String padded =
        HEAD
            + "  mode: Observe\n#"
            + "x".repeat(PolicyParser.MOST_DOCUMENT_BYTES)
            + "\n---\n"
            + HEAD
            + "  mode: no\n";

    assertThat(PolicyTexts.parse(padded).problems())
        .extracting(Problem::code)
        .containsExactly(ProblemCode.TOO_LARGE, ProblemCode.NOT_ONE_OF);
    assertThat(PolicyParser.parse(new byte[PolicyParser.MOST_STREAM_BYTES + 1]).problems())
        .extracting(Problem::code)
        .containsExactly(ProblemCode.TOO_LARGE);
  }

  @Test
  void moreDocumentsThanPoliciesFitAreRefusedWithTheNumbers() {
    assertThat(PolicyTexts.parse("---\na\n".repeat(1_025)).problems())
        .singleElement()
        .matches(problem -> problem.code() == ProblemCode.TOO_MANY_POLICIES)
        .matches(problem -> problem.found().equals("1025 documents"))
        .matches(problem -> problem.line() == 2_049);
  }

  @Test
  void nobodyReadsMoreThanAThousandProblems() {
    List<Problem> problems =
        PolicyTexts.parse(HEAD + "  match: {ports: [" + "0, ".repeat(5_000) + "0]}\n").problems();

    assertThat(problems).hasSize(1_001);
    assertThat(problems.get(problems.size() - 1).code()).isEqualTo(ProblemCode.TOO_MANY_PROBLEMS);
  }

  @Test
  void aStreamOfHopelessDocumentsIsNotReadToItsEnd() {
    String hopeless = HEAD + "  match: {ports: [" + "0, ".repeat(999) + "0]}\n---\n";

    List<Problem> problems = PolicyTexts.parse(hopeless.repeat(3)).problems();

    assertThat(problems).hasSize(1_001);
    assertThat(problems.get(1_000).code()).isEqualTo(ProblemCode.TOO_MANY_PROBLEMS);
    assertThat(problems.get(1_000).line()).isEqualTo(6);
  }

  @Test
  void everyCodeHasASectionOfItsOwnInTheDocumentation() throws IOException {
    List<String> headings =
        Files.readAllLines(Path.of("../docs/problems.md")).stream()
            .filter(line -> line.startsWith("## "))
            .toList();

    assertThat(headings)
        .containsExactlyElementsOf(
            Stream.of(ProblemCode.values())
                .map(code -> "## " + code.id() + " " + code.title())
                .toList());
  }
}
