package dev.shunt.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.shunt.policy.LabelRequirement.Operator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValuesTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0",
    "4096, 4096, 4Ki",
    "4194304, 4194304, 4Mi",
    "4Mi, 4194304, 4Mi",
    "4096Ki, 4194304, 4Mi",
    "1Gi, 1073741824, 1Gi",
    "1536Mi, 1610612736, 1536Mi",
    "1025, 1025, 1025"
  })
  void aByteSizeHasOneCanonicalText(String text, long bytes, String canonical) {
    assertThat(ByteSize.parse(text).bytes()).isEqualTo(bytes);
    assertThat(ByteSize.parse(text)).hasToString(canonical);
  }

  @ParameterizedTest
  @CsvSource({"4MB", "4M", "-1", "4.5Mi", "'4 Mi'", "''", "04", "4mi", "99999999999999999999"})
  void otherUnitsAreNoByteSize(String text) {
    assertThatExceptionOfType(InvalidValueException.class)
        .isThrownBy(() -> ByteSize.parse(text))
        .matches(e -> e.code() == ProblemCode.BAD_BYTE_SIZE);
  }

  @ParameterizedTest
  @CsvSource({"8080, 8080, 8080", "1-65535, 1, 65535", "15000-15010, 15000, 15010", "7-7, 7, 7"})
  void portsAreOneOrARange(String text, int first, int last) {
    assertThat(PortRange.parse(text)).isEqualTo(new PortRange(first, last));
  }

  @ParameterizedTest
  @CsvSource({
    "0, BAD_PORT",
    "65536, BAD_PORT",
    "0-5, BAD_PORT",
    "1-65536, BAD_PORT",
    "a, BAD_PORT",
    "'1 - 2', BAD_PORT",
    "'1,2', BAD_PORT",
    "-5, BAD_PORT",
    "5-, BAD_PORT",
    "99999999999, BAD_PORT",
    "20-10, INVERTED_RANGE"
  })
  void portsOutsideOrInvertedAreErrors(String text, ProblemCode code) {
    assertThatExceptionOfType(InvalidValueException.class)
        .isThrownBy(() -> PortRange.parse(text))
        .satisfies(e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void aSelectorNeedsEveryLabelAndEveryExpression() {
    NodeSelector selector =
        new NodeSelector(
            Map.of("pool", "edge"),
            List.of(
                new LabelRequirement("zone", Operator.IN, List.of("a", "b")),
                new LabelRequirement("spot", Operator.NOT_IN, List.of("true")),
                new LabelRequirement("arch", Operator.EXISTS, List.of()),
                new LabelRequirement("old", Operator.DOES_NOT_EXIST, List.of())));

    assertThat(selector.matches(Map.of("pool", "edge", "zone", "a", "arch", "x"))).isTrue();
    assertThat(selector.matches(Map.of("pool", "edge", "zone", "a", "arch", "x", "spot", "false")))
        .isTrue();
    assertThat(selector.matches(Map.of("pool", "core", "zone", "a", "arch", "x"))).isFalse();
    assertThat(selector.matches(Map.of("pool", "edge", "zone", "c", "arch", "x"))).isFalse();
    assertThat(selector.matches(Map.of("pool", "edge", "arch", "x"))).isFalse();
    assertThat(selector.matches(Map.of("pool", "edge", "zone", "a"))).isFalse();
    assertThat(selector.matches(Map.of("pool", "edge", "zone", "a", "arch", "x", "spot", "true")))
        .isFalse();
    assertThat(selector.matches(Map.of("pool", "edge", "zone", "a", "arch", "x", "old", "")))
        .isFalse();
    assertThat(NodeSelector.EVERY_NODE.matches(Map.of())).isTrue();
  }

  @Test
  void defaultsAreThoseOfTheDocumentation() {
    PolicySpec spec = PolicyTexts.policy("p", "{}").spec();

    assertThat(spec).isEqualTo(PolicySpec.of(Match.ANY));
    assertThat(spec.priority()).isEqualTo(100);
    assertThat(spec.action()).isEqualTo(Action.ACCELERATE);
    assertThat(spec.mode()).isEqualTo(Mode.ENFORCE);
    assertThat(spec.nodes()).isEqualTo(NodeSelector.EVERY_NODE);
    assertThat(spec.enrolment()).isEqualTo(Enrolment.SETTLED);
    assertThat(spec.blockingSockets()).isEqualTo(BlockingSockets.EXCLUDE);
    assertThat(spec.limits()).isEqualTo(new Limits(ByteSize.parse("16Mi"), 2_048));
    assertThat(spec.tests()).isEmpty();
  }

  @Test
  void foundTextsAreQuotedOnOneLineAndCutShort() {
    assertThat(Quoted.of("a\nb\u202e")).isEqualTo("'a\\u000ab\\u202e'");
    assertThat(Quoted.of("x".repeat(1_000))).hasSize(83).endsWith("…'");
    assertThat(Quoted.of("\ud83d\ude00".repeat(90))).endsWith("…'");
  }
}
