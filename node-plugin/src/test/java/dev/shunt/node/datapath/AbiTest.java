package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Reads the header that the programs are compiled from, so that neither side can move alone. */
class AbiTest {
  private static final Path HEADER = Path.of("../bpf/include/shunt_abi.h");

  @Test
  void theNumbersAreThoseOfTheHeader() throws IOException {
    Map<String, Long> defines = numbers("#define (SHUNT_\\w+)\\s+(\\d+)u?\\b");
    assertThat(defines)
        .containsEntry("SHUNT_LAYOUT_VERSION", (long) Abi.LAYOUT_VERSION)
        .containsEntry("SHUNT_SLOTS", (long) Abi.SLOTS)
        .containsEntry("SHUNT_MAX_POLICIES", (long) Abi.MAX_POLICIES)
        .containsEntry("SHUNT_POLICY_WORDS", (long) Abi.POLICY_WORDS)
        .containsEntry("SHUNT_COUNTER_ROWS", (long) Abi.COUNTER_ROWS)
        .containsEntry("SHUNT_COMPONENT_SIZE", (long) Abi.COMPONENT_SIZE)
        .containsEntry("SHUNT_EDGE_PROBES", (long) Abi.EDGE_PROBES)
        .containsEntry("SHUNT_BLOCKS", (long) Abi.BLOCKS)
        .containsEntry("SHUNT_POLICY_ANY_ADDRESS", (long) Abi.POLICY_ANY_ADDRESS)
        .containsEntry("SHUNT_CONFIG_DRAINING", (long) Abi.CONFIG_DRAINING)
        .containsEntry("SHUNT_YOUNG_SHIFT", (long) Abi.YOUNG_SHIFT)
        .containsEntry("SHUNT_YOUNG_SLOTS", (long) Abi.YOUNG_SLOTS)
        .containsEntry("SHUNT_YOUNG_COUNT", (long) Abi.YOUNG_COUNT);
  }

  @Test
  void theSizesAreThoseTheHeaderAsserts() throws IOException {
    Map<String, Long> sizes = numbers("SHUNT_ASSERT_SIZE\\((shunt_\\w+), (\\d+)\\)");
    assertThat(sizes)
        .containsEntry("shunt_slot", (long) Abi.SLOT_SIZE)
        .containsEntry("shunt_class", (long) Abi.CLASS_SIZE)
        .containsEntry("shunt_policy", (long) Abi.POLICY_SIZE)
        .containsEntry("shunt_bound4", (long) Abi.BOUND4_SIZE)
        .containsEntry("shunt_bound6", (long) Abi.BOUND6_SIZE)
        .containsEntry("shunt_edge", (long) Abi.EDGE_SIZE)
        .containsEntry("shunt_report", (long) Abi.REPORT_SIZE)
        .containsEntry("shunt_config", (long) Abi.CONFIG_SIZE)
        .containsEntry("shunt_work", (long) Abi.WORK.valueSize())
        .containsEntry("shunt_young", (long) Abi.YOUNG.valueSize())
        .containsEntry("shunt_counters", (long) Abi.COUNTERS_SIZE);
  }

  @Test
  void everyVerdictOfTheHeaderIsAReasonUnderTheSameNameAndNumber() throws IOException {
    String header = Files.readString(HEADER);
    String verdicts =
        header.substring(header.indexOf("enum shunt_verdict"), header.indexOf("SHUNT_VERDICTS"));
    Map<String, Long> expected = numbers(verdicts, "SHUNT_(\\w+) = (\\d+)");
    assertThat(expected.remove("UNDECIDED")).isZero();
    assertThat(expected.remove("ACCELERATED")).isEqualTo(Abi.VERDICT_ACCELERATED);
    Map<String, Long> reasons = new LinkedHashMap<>();
    for (Reason reason : Reason.values()) {
      reasons.put(reason.name(), (long) reason.verdict());
    }
    assertThat(reasons).isEqualTo(expected);
  }

  @Test
  void theSizesOfWhatIsObservedAreThoseTheHeaderAsserts() throws IOException {
    String header = Files.readString(Path.of("../bpf/include/shunt_observe.h"));
    assertThat(numbers(header, "SHUNT_ASSERT_SIZE\\((shunt_\\w+), (\\d+)\\)"))
        .containsEntry("shunt_observation", (long) Abi.OBSERVATION_SIZE)
        .containsEntry("shunt_observed", (long) Abi.OBSERVED_SIZE)
        .containsEntry("shunt_blocker_key", (long) Abi.BLOCKER_KEY_SIZE)
        .containsEntry("shunt_blocker", (long) Abi.BLOCKER_SIZE)
        .containsEntry("shunt_flow", (long) Abi.FLOW_SIZE);
    assertThat(numbers(header, "#define (SHUNT_\\w+)\\s+(\\d+)\\b"))
        .containsEntry("SHUNT_SIZES", (long) Abi.SIZES)
        .containsEntry("SHUNT_DURATIONS", (long) Abi.DURATIONS)
        .containsEntry("SHUNT_MAX_OBSERVATIONS", (long) Abi.OBSERVATIONS.maxEntries());
    assertThat(numbers(header, "SHUNT_SEEN_(\\w+) = (\\d+)"))
        .containsEntry("BLOCKING", (long) SocketObservation.BLOCKING)
        .containsEntry("HALF_CLOSE", (long) SocketObservation.HALF_CLOSE)
        .containsEntry("WAIT_ALL", (long) SocketObservation.WAIT_ALL)
        .containsEntry("SIGNAL", (long) SocketObservation.SIGNAL)
        .containsEntry("OBSERVED", (long) SocketObservation.OBSERVED)
        .containsEntry("HANDSHAKE", (long) SocketObservation.HANDSHAKE)
        .containsEntry("USED", (long) SocketObservation.USED);
    assertThat(numbers(header, "SHUNT_FLOW_(\\w+) = (\\d+)"))
        .containsEntry("CLIENT", (long) FlowSocket.CLIENT)
        .containsEntry("MATCHED", (long) FlowSocket.MATCHED)
        .containsEntry("OWNER", (long) FlowSocket.OWNER)
        .containsEntry("OBSERVED", (long) FlowSocket.OBSERVED);
  }

  private static Map<String, Long> numbers(String pattern) throws IOException {
    return numbers(Files.readString(HEADER), pattern);
  }

  private static Map<String, Long> numbers(String text, String pattern) {
    Map<String, Long> found = new LinkedHashMap<>();
    Pattern.compile(pattern)
        .matcher(text)
        .results()
        .forEach((MatchResult m) -> found.put(m.group(1), Long.valueOf(m.group(2))));
    return found;
  }
}
