package dev.shunt.policy.parse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CanonicalJson;
import dev.shunt.policy.Problem;
import dev.shunt.policy.random.MutatedDocuments;
import dev.shunt.policy.random.Seed;
import dev.shunt.policy.validate.PolicyValidator;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FuzzTest {

  private static final int DOCUMENTS = 10_000;

  @Test
  void mutatedDocumentsAreEitherPoliciesOrProblemsAndNeverAnException() {
    MutatedDocuments documents = new MutatedDocuments(Seed.OF_THIS_RUN);
    int accepted = 0;
    for (int i = 0; i < DOCUMENTS; i++) {
      accepted += check(documents.next());
    }
    // Comments, blanks and annotations can take a mutation; a parser that refuses or accepts nearly
    // all is broken.
    assertThat(accepted).as(Seed.hint()).isBetween(DOCUMENTS / 100, DOCUMENTS * 3 / 4);
  }

  /** 1 when the text is accepted. */
  private static int check(byte[] text) {
    try {
      ParsedPolicies parsed = PolicyParser.parse(text);
      for (Problem problem : parsed.problems()) {
        assertThat(problem.line()).isPositive();
        assertThat(problem.column()).isPositive();
        assertThat(problem.toString()).doesNotContain("\n");
      }
      assertThat(parsed.policies().isEmpty())
          .isEqualTo(parsed.policies().isEmpty() && parsed.hasErrors());
      for (AccelerationPolicy policy : parsed.policies()) {
        assertThat(PolicyParser.parse(CanonicalJson.write(policy)).policies())
            .containsExactly(policy);
      }
      PolicyValidator.validate(parsed.policies());
      return parsed.hasErrors() ? 0 : 1;
    } catch (RuntimeException | Error e) {
      throw new AssertionError(
          Seed.hint() + "; this text: " + new String(text, StandardCharsets.ISO_8859_1), e);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[", "{", "{a: ", "- ", "? ", "[[],", "\"", "a: &b ", "&a *a ", "!t ", "a:\n ", "|\n", "'",
        "#", "\t", "\r", "{? "
      })
  void aDocumentOfOneThingRepeatedIsRefusedInShortTime(String thing) {
    String hostile = thing.repeat(PolicyParser.MOST_DOCUMENT_BYTES / thing.length());

    ParsedPolicies parsed =
        assertTimeout(
            Duration.ofSeconds(5),
            () -> PolicyParser.parse(hostile.getBytes(StandardCharsets.UTF_8)));

    assertThat(parsed.hasErrors()).isTrue();
  }

  @Test
  void manyEmptyDocumentsAreSkippedInShortTime() {
    byte[] stream =
        "---\n".repeat(PolicyParser.MOST_STREAM_BYTES / 4).getBytes(StandardCharsets.UTF_8);

    ParsedPolicies parsed = assertTimeout(Duration.ofSeconds(5), () -> PolicyParser.parse(stream));

    assertThat(parsed.problems()).singleElement();
  }

  @Test
  void longKeysAllTheWayDownDoNotMultiply() {
    StringBuilder text = new StringBuilder();
    for (int depth = 0; depth < 30; depth++) {
      text.append("{\"").append("k".repeat(900)).append(depth).append("\":");
    }
    text.append('[').append("1,".repeat(100_000)).append("1]").append("}".repeat(30));

    ParsedPolicies parsed =
        assertTimeout(
            Duration.ofSeconds(5),
            () -> PolicyParser.parse(text.toString().getBytes(StandardCharsets.UTF_8)));

    assertThat(parsed.hasErrors()).isTrue();
  }
}
