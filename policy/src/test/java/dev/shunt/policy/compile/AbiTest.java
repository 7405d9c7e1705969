package dev.shunt.policy.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.policy.Action;
import dev.shunt.policy.BlockingSockets;
import dev.shunt.policy.CgroupPath;
import dev.shunt.policy.Dimension;
import dev.shunt.policy.Enrolment;
import dev.shunt.policy.Mode;
import dev.shunt.policy.PolicySet;
import dev.shunt.policy.Token;
import dev.shunt.policy.match.Verdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The compiled form is written against a C header; this fails when one of them moves alone. */
class AbiTest {

  private final String header = read();

  private static String read() {
    try {
      return Files.readString(Path.of("../bpf/include/shunt_abi.h"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void limitsAreThoseOfTheHeader() {
    assertThat(number("SHUNT_MAX_POLICIES")).isEqualTo(PolicySet.MOST_POLICIES);
    assertThat(number("SHUNT_POLICY_WORDS")).isEqualTo(PolicySet.MOST_POLICIES / Long.SIZE);
    assertThat(number("SHUNT_CGROUP_DEPTH")).isEqualTo(CgroupPath.DEEPEST);
    assertThat(header).contains("shunt_ports      ARRAY[" + PortClasses.PORTS + "]");
  }

  @Test
  void dimensionsAreInTheOrderOfTheHeader() {
    for (Dimension dimension : Dimension.values()) {
      assertThat(number("SHUNT_DIM_" + dimension)).isEqualTo(dimension.ordinal());
    }
    assertThat(number("SHUNT_DIMENSIONS")).isEqualTo(Dimension.values().length);
  }

  @Test
  void wordsAreInTheOrderOfTheHeader() {
    checkWords("SHUNT_ACTION_", Action.values());
    checkWords("SHUNT_MODE_", Mode.values());
    checkWords("SHUNT_ENROLMENT_", Enrolment.values());
    checkWords("SHUNT_BLOCKING_", BlockingSockets.values());
  }

  private void checkWords(String prefix, Token[] words) {
    for (int i = 0; i < words.length; i++) {
      assertThat(number(prefix + words[i].text().toUpperCase(Locale.ROOT))).isEqualTo(i);
    }
  }

  @Test
  void everyReasonThatPolicyGivesIsOneOfTheHeaders() {
    for (Verdict verdict : Verdict.values()) {
      if (verdict != Verdict.ELIGIBLE) {
        assertThat(number("SHUNT_" + verdict)).isPositive();
        assertThat(verdict.text()).isEqualTo(verdict.name().toLowerCase(Locale.ROOT));
      }
    }
  }

  private int number(String name) {
    Matcher definition = Pattern.compile("\\b" + name + "\\b(?: = | )(\\d+)").matcher(header);
    assertThat(definition.find()).as(name).isTrue();
    return Integer.parseInt(definition.group(1));
  }
}
