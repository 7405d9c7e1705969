package dev.shunt.policy.parse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CanonicalJson;
import dev.shunt.policy.PolicyYaml;
import dev.shunt.policy.Problem;
import dev.shunt.policy.random.RandomPolicies;
import dev.shunt.policy.random.Seed;
import dev.shunt.policy.validate.PolicyValidator;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FuzzTest {

  private static final int DOCUMENTS = 10_000;
  private static final String[] TOKENS = {
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "- ",
    "? ",
    "\n",
    "\r",
    "\t",
    "---\n",
    "...\n",
    "&a ",
    "*a",
    "!!str ",
    "\"",
    "'",
    "|\n",
    ">-\n",
    "#",
    "%YAML 1.2\n",
    "\u0000",
    "\u2028",
    "\ufeff",
    "\ud83d\ude00",
    "null",
    "0x1",
    "65536",
    "::ffff:",
    "/0",
    "**",
    "spec:",
    "  "
  };

  @Test
  void mutatedDocumentsAreEitherPoliciesOrProblemsAndNeverAnException() {
    Random random = new Random(Seed.OF_THIS_RUN);
    List<byte[]> originals = originals();
    int accepted = 0;
    for (int i = 0; i < DOCUMENTS; i++) {
      byte[] mutated = originals.get(random.nextInt(originals.size()));
      for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
        mutated = mutate(mutated, random);
      }
      accepted += check(mutated);
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

  private static List<byte[]> originals() {
    List<byte[]> originals = new ArrayList<>();
    RandomPolicies random = new RandomPolicies(Seed.OF_THIS_RUN);
    while (originals.size() < 200) {
      for (AccelerationPolicy policy : random.policies(4)) {
        originals.add(CanonicalJson.write(policy));
        originals.add(PolicyYaml.write(policy).getBytes(StandardCharsets.UTF_8));
      }
    }
    return originals;
  }

  private static byte[] mutate(byte[] text, Random random) {
    int at = random.nextInt(text.length + 1);
    int end = Math.min(text.length, at + random.nextInt(12));
    byte[] middle =
        switch (random.nextInt(6)) {
          case 0 -> new byte[0];
          case 1 -> new byte[] {(byte) random.nextInt(256)};
          case 2, 3 -> TOKENS[random.nextInt(TOKENS.length)].getBytes(StandardCharsets.UTF_8);
          case 4 -> {
            int from = random.nextInt(text.length + 1);
            yield Arrays.copyOfRange(text, from, Math.min(text.length, from + random.nextInt(40)));
          }
          default -> {
            byte[] same = Arrays.copyOfRange(text, at, end);
            if (same.length > 0) {
              same[random.nextInt(same.length)] ^= (byte) (1 << random.nextInt(8));
            }
            yield same;
          }
        };
    ByteArrayOutputStream mutated = new ByteArrayOutputStream();
    mutated.write(text, 0, at);
    mutated.writeBytes(middle);
    mutated.write(text, end, text.length - end);
    return mutated.toByteArray();
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
