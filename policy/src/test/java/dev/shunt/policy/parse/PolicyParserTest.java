package dev.shunt.policy.parse;

import static dev.shunt.policy.PolicyTexts.document;
import static dev.shunt.policy.PolicyTexts.parse;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Problem;
import dev.shunt.policy.ProblemCode;
import dev.shunt.policy.parse.SourceMap.Position;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PolicyParserTest {

  @Test
  void theExampleOfTheDocumentationIsAValidPolicy() throws IOException {
    Matcher example =
        Pattern.compile("```yaml\n(apiVersion.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(Path.of("../docs/policy.md")));
    assertThat(example.find()).isTrue();

    ParsedPolicies parsed = parse(example.group(1));

    assertThat(parsed.problems()).isEmpty();
    assertThat(parsed.policies())
        .extracting(AccelerationPolicy::name)
        .containsExactly("checkout-sidecars");
  }

  @Test
  void everyProblemOfADocumentIsReportedAtOnceInTheOrderOfReading() {
    ParsedPolicies parsed =
        parse(
            """
            apiVersion: shunt.dev/v1alpha1
            kind: AccelerationPolicy
            metadata:
              name: Bad_Name
              label: {}
            spec:
              priority: high
              match:
                ports: [0, 90-80, "x"]
                servers: [10.0.0.1/8, 10.0.0.0/33]
                cgroups: []
              limits: {backlogBytes: 4MB}
              tests:
                - {client: nobody, port: 70000}
            """);

    assertThat(parsed.policies()).isEmpty();
    assertThat(parsed.problems())
        .extracting(Problem::code)
        .containsExactlyInAnyOrder(
            ProblemCode.BAD_NAME,
            ProblemCode.UNKNOWN_FIELD,
            ProblemCode.WRONG_TYPE,
            ProblemCode.BAD_PORT,
            ProblemCode.INVERTED_RANGE,
            ProblemCode.BAD_PORT,
            ProblemCode.HOST_BITS_SET,
            ProblemCode.BAD_CIDR,
            ProblemCode.EMPTY_LIST,
            ProblemCode.BAD_BYTE_SIZE,
            ProblemCode.BAD_ADDRESS,
            ProblemCode.MISSING_FIELD,
            ProblemCode.OUT_OF_RANGE,
            ProblemCode.MISSING_FIELD,
            ProblemCode.MISSING_FIELD);
    assertThat(parsed.problems()).isSortedAccordingTo(PolicyParserTest::byLine);
    assertThat(parsed.problems()).extracting(Problem::policy).containsOnly("Bad_Name");
  }

  private static int byLine(Problem a, Problem b) {
    return Integer.compare(a.line(), b.line());
  }

  @Test
  void aMisspeltFieldOrWordIsGuessed() {
    assertThat(parse(document("p", "{match: {cgroup: ['/']}, action: acelerate}")).problems())
        .extracting(Problem::hint)
        .containsExactlyInAnyOrder("did you mean cgroups?", "did you mean Accelerate?");
  }

  @Test
  void aSyntaxErrorInOneDocumentHidesNothingOfTheOthers() {
    ParsedPolicies parsed =
        parse(
            document("a", "{}")
                + "---\nspec: [\n--- # third\n"
                + document("c", "{priority: x}")
                + "---\n"
                + document("d", "{}"));

    assertThat(parsed.policies()).extracting(AccelerationPolicy::name).containsExactly("a", "d");
    assertThat(parsed.problems())
        .extracting(Problem::code)
        .containsExactly(ProblemCode.SYNTAX, ProblemCode.WRONG_TYPE);
    assertThat(parsed.problems()).extracting(Problem::policy).containsExactly("", "c");
    assertThat(parsed.problems().get(1).line()).isEqualTo(11);
  }

  @Test
  void markersDirectivesCommentsAndLineEndsOfEveryKindAreUnderstood() {
    String text =
        "\ufeff%YAML 1.2\n---\n"
            + document("a", "{}")
            + "...\n# between\n%YAML 1.2\n--- \n"
            + document("b", "{}");

    for (String lineEnd : new String[] {"\n", "\r\n", "\r"}) {
      ParsedPolicies parsed = parse(text.replace("\n", lineEnd));
      assertThat(parsed.problems()).isEmpty();
      assertThat(parsed.policies()).extracting(AccelerationPolicy::name).containsExactly("a", "b");
      assertThat(parsed.sources().get(1).at("metadata.name").line()).isEqualTo(13);
    }
  }

  @Test
  void jsonMayBeIndentedByTabs() {
    ParsedPolicies parsed =
        parse(
            """
            {
            \t"apiVersion": "shunt.dev/v1alpha1",
            \t"kind": "AccelerationPolicy",
            \t"metadata": {"name":"p", "annotations": {"a": "\\/ \\ud83d\\ude00 \\u00fc"}},
            \t"spec":{"priority":7}
            }
            """);

    assertThat(parsed.problems()).isEmpty();
    assertThat(parsed.policies().get(0).metadata().annotations())
        .containsEntry("a", "/ \ud83d\ude00 ü");
  }

  @Test
  void metadataSetByTheControlPlaneIsAcceptedAndDropped() {
    String metadata =
        "{name: p, resourceVersion: '7', generation: 2, creationTimestamp: 2026-01-01T00:00:00Z}";

    assertThat(parse(document("p", "{}").replace("{name: p}", metadata)).policies())
        .isEqualTo(parse(document("p", "{}")).policies());
  }

  @Test
  void statusIsAcceptedAndDropped() {
    String status = "status: {revision: 3, conditions: [{type: Ready, status: 'True'}]}\n";

    assertThat(parse(document("p", "{}") + status).policies())
        .isEqualTo(parse(document("p", "{}")).policies());
  }

  @Test
  void theSourceMapKnowsTheLineOfEveryPathAndTheNearestPartOfOthers() {
    SourceMap source =
        parse(
                """
                apiVersion: shunt.dev/v1alpha1
                kind: AccelerationPolicy
                metadata: {name: p, annotations: {a.b/c: x}}
                spec:
                  match:
                    ports:
                      - "80"
                      - "81"
                """)
            .sources()
            .get(0);

    assertThat(source.at("spec.match.ports[1]")).isEqualTo(new Position(8, 9));
    assertThat(source.at("spec.match.ports")).isEqualTo(new Position(6, 5));
    assertThat(source.at("spec.match.ports[7]")).isEqualTo(new Position(6, 5));
    assertThat(source.at("spec.match.servers[0]")).isEqualTo(new Position(5, 3));
    assertThat(source.at("spec.priority")).isEqualTo(new Position(4, 1));
    assertThat(source.at("metadata.annotations[\"a.b/c\"]")).isEqualTo(new Position(3, 42));
    assertThat(source.at("nowhere")).isEqualTo(new Position(1, 1));
  }
}
