package dev.shunt.control.push;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.policy.PolicySet;
import dev.shunt.policy.parse.PolicyParser;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class PushQueueTest {

  private static final PushTiming TIMING =
      new PushTiming(Duration.ofMillis(75), Duration.ofSeconds(1), Duration.ofSeconds(10));

  private final ManualTime time = new ManualTime();
  private final List<Long> encoded = new ArrayList<>();
  private final DesiredStates states =
      new DesiredStates(
          (version, digest, set) -> {
            encoded.add(version);
            return new byte[0];
          },
          0,
          set());
  private final PushQueue queue = new PushQueue(states, TIMING, time, time);

  /** A set with a policy for each pool. */
  private static PolicySet set(String... pools) {
    if (pools.length == 0) {
      return new PolicySet(List.of());
    }
    String text =
        Arrays.stream(pools)
            .map(
                pool ->
                    """
                    apiVersion: shunt.dev/v1alpha1
                    kind: AccelerationPolicy
                    metadata: {name: for-%1$s}
                    spec: {nodes: {matchLabels: {pool: %1$s}}, match: {ports: ["80"]}}
                    """
                        .formatted(pool))
            .collect(Collectors.joining("---\n"));
    return new PolicySet(PolicyParser.parse(text.getBytes(StandardCharsets.UTF_8)).policies());
  }

  private RecordingOutbound connect(String id, String pool) {
    RecordingOutbound node = new RecordingOutbound();
    String carried = states.forLabels(Map.of("pool", pool)).digest();
    queue.open(id, Map.of("pool", pool), node, carried, null, update -> {});
    return node;
  }

  private void edit(long version, String... pools) {
    states.advance(version, set(pools));
    queue.changed();
  }

  @Test
  void editsGoOutTogetherOnceTheyHaveBeenQuiet() {
    RecordingOutbound node = connect("n", "edge");
    edit(1, "edge");
    time.pass(Duration.ofMillis(60));
    edit(2, "edge", "core");
    time.pass(Duration.ofMillis(74));
    assertThat(node.updates).isEmpty();

    time.pass(Duration.ofMillis(1));

    assertThat(node.versions()).containsExactly(2L);
  }

  @Test
  void editsWithoutAPauseGoOutAfterASecond() {
    RecordingOutbound node = connect("n", "edge");
    for (int version = 1; version <= 25; version++) {
      edit(version, "edge");
      time.pass(Duration.ofMillis(50));
    }

    // Poked at 0, 50, 100, … ms: the first second is over with the edit at 950 ms.
    assertThat(node.versions()).containsExactly(20L);
  }

  @Test
  void aNodeIsSentOnlyWhatItsLabelsSelect() {
    RecordingOutbound edge = connect("e", "edge");
    RecordingOutbound core = connect("c", "core");
    edit(1, "edge");
    time.pass(Duration.ofMillis(75));

    assertThat(edge.last().state().set()).isEqualTo(set("edge"));
    assertThat(core.updates).isEmpty();
    assertThat(core.heartbeats).endsWith(1L);
  }

  @Test
  void anUpdateIsSerialisedOnceForAllNodesThatGetIt() {
    for (int node = 0; node < 100; node++) {
      connect("n" + node, "edge");
    }
    encoded.clear();
    edit(1, "edge");
    time.pass(Duration.ofMillis(75));

    assertThat(encoded).containsExactly(1L);
  }

  @Test
  void aSecondStreamOfANodeReplacesTheFirst() {
    RecordingOutbound first = connect("n", "edge");
    RecordingOutbound second = connect("n", "edge");
    edit(1, "edge");
    time.pass(Duration.ofMillis(75));

    assertThat(first.closed).isNotNull();
    assertThat(first.updates).isEmpty();
    assertThat(second.versions()).containsExactly(1L);
    assertThat(queue.size()).isEqualTo(1);
  }

  @Test
  void theEndOfAReplacedStreamDoesNotEndItsSuccessor() {
    RecordingOutbound node = new RecordingOutbound();
    PushStream first = queue.open("n", Map.of(), node, "", null, update -> {});
    queue.open("n", Map.of(), node, "", null, update -> {});

    queue.ended("n", first);

    assertThat(queue.isOpen("n")).isTrue();
  }

  @Test
  void aNodeThatConnectsBetweenTwoEditsGetsTheNewest() {
    edit(1, "edge");
    RecordingOutbound node = new RecordingOutbound();
    queue.open("n", Map.of("pool", "edge"), node, "", null, update -> {});

    assertThat(node.versions()).containsExactly(1L);
  }

  @Test
  void oneNodeThatIsNotReadyHoldsUpNoOther() {
    RecordingOutbound slow = connect("slow", "edge");
    RecordingOutbound quick = connect("quick", "edge");
    slow.ready = false;
    edit(1, "edge");
    time.pass(Duration.ofMillis(75));

    assertThat(slow.updates).isEmpty();
    assertThat(quick.versions()).containsExactly(1L);
  }
}
