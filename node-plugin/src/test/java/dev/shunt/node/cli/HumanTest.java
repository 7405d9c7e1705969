package dev.shunt.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.datapath.Reason;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class HumanTest {

  @Test
  void bytesHaveBinaryUnits() {
    assertThat(Human.bytes(0)).isEqualTo("0 B");
    assertThat(Human.bytes(1023)).isEqualTo("1023 B");
    assertThat(Human.bytes(1024)).isEqualTo("1.00 KiB");
    assertThat(Human.bytes(12L << 30)).isEqualTo("12.0 GiB");
    assertThat(Human.bytes(Long.MAX_VALUE)).endsWith("PiB");
  }

  @Test
  void agesHaveTwoUnits() {
    assertThat(Human.age(Duration.ofMillis(42))).isEqualTo("42 ms");
    assertThat(Human.age(Duration.ofSeconds(59))).isEqualTo("59 s");
    assertThat(Human.age(Duration.ofSeconds(61))).isEqualTo("1 min 1 s");
    assertThat(Human.age(Duration.ofMinutes(125))).isEqualTo("2 h 5 min");
    assertThat(Human.age(Duration.ofHours(49))).isEqualTo("2 d 1 h");
  }

  @Test
  void countsAreGrouped() {
    assertThat(Human.count(1_234_567)).isEqualTo("1,234,567");
  }

  @Test
  void numbersAreAlignedRight() {
    assertThat(
            Human.table(List.of(Human.row("NAME", "LIVE", "NOTE"), Human.row("a", "12345", "x"))))
        .containsExactly("NAME   LIVE  NOTE", "a     12345  x");
  }

  @Test
  void everyReasonHasASentence() {
    assertThat(Arrays.stream(Reason.values()).map(Reasons::sentence))
        .allMatch(sentence -> sentence.length() > 10)
        .doesNotHaveDuplicates();
  }
}
