package dev.shunt.node.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.agent.ApplyStatistics;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.datapath.DatapathStatus.Counters;
import dev.shunt.node.datapath.DatapathStatus.PolicyCounters;
import dev.shunt.node.datapath.DatapathStatus.State;
import dev.shunt.node.datapath.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NodeMetricsTest {

  private final NodeMetrics metrics = new NodeMetrics();

  @Test
  void theSetOfNamesIsFixed() {
    assertThat(metrics.write(source(status(100, 5))).families())
        .containsExactlyInAnyOrder(
            "shunt_build_info",
            "shunt_agent_ready",
            "shunt_agent_applied_revision",
            "shunt_agent_desired_revision",
            "shunt_agent_apply_duration_seconds",
            "shunt_agent_apply_errors_total",
            "shunt_agent_connected",
            "shunt_agent_streams_total",
            "shunt_agent_last_seen_timestamp_seconds",
            "shunt_datapath_state",
            "shunt_datapath_generation",
            "shunt_connections_total",
            "shunt_connections_live",
            "shunt_connections_accelerated_live",
            "shunt_redirected_bytes_total",
            "shunt_redirected_messages_total",
            "shunt_returns_total",
            "shunt_fallbacks_total");
  }

  @Test
  void namesFollowTheConventions() {
    String text = metrics.render(source(status(100, 5)));
    Pattern type = Pattern.compile("# TYPE (\\S+) (\\S+)");

    assertThat(type.matcher(text).results())
        .allSatisfy(
            line -> {
              boolean counter = line.group(2).equals("counter");
              assertThat(line.group(1)).startsWith("shunt_").matches("[a-z_]+");
              assertThat(line.group(1).endsWith("_total")).as(line.group(1)).isEqualTo(counter);
            });
  }

  @Test
  void everyLineIsAHelpATypeOrASample() {
    String text = metrics.render(source(status(100, 5)));
    Pattern line =
        Pattern.compile(
            "# HELP [a-z_]+ .+|# TYPE [a-z_]+ (counter|gauge|summary)|[a-z_]+(\\{[a-z_]+=\"[^\"]*\"(,[a-z_]+=\"[^\"]*\")*})? [0-9.E+-]+");

    assertThat(text.split("\n")).allMatch(each -> line.matcher(each).matches());
    assertThat(text).endsWith("\n");
  }

  @Test
  void countsConnectionsByPolicyResultAndReason() {
    String text = metrics.render(source(status(100, 5)));

    assertThat(text)
        .contains(
            "shunt_connections_total{policy=\"web\",result=\"accelerated\",reason=\"\"} 100\n")
        .contains(
            "shunt_connections_total{policy=\"web\",result=\"bypassed\",reason=\"remote_peer\"} 5\n")
        .as("what the totals have beyond the policies")
        .contains("shunt_connections_total{policy=\"\",result=\"accelerated\",reason=\"\"} 1\n");
  }

  @Test
  void aCounterNeverSinksWhenAConnectionChangesItsReason() {
    metrics.render(source(status(100, 5)));

    String text = metrics.render(source(status(90, 15)));

    assertThat(text)
        .contains("result=\"accelerated\",reason=\"\"} 100\n")
        .contains("reason=\"remote_peer\"} 15\n");
  }

  @Test
  void revisionsAndTimesAreShown() {
    String text = metrics.render(source(status(100, 5)));

    assertThat(text)
        .contains("shunt_agent_applied_revision 6\n")
        .contains("shunt_agent_desired_revision 7\n")
        .contains("shunt_agent_apply_duration_seconds_sum 0.25\n")
        .contains("shunt_agent_apply_duration_seconds_count 2\n")
        .contains("shunt_agent_apply_errors_total 1\n")
        .contains("shunt_datapath_state{state=\"active\"} 1\n")
        .contains("shunt_build_info{version=\"1.2\",kernel=\"6.18\"} 1\n");
  }

  @Test
  void anUnreadableDatapathLeavesTheRestStanding() {
    String text = metrics.render(source(null));

    assertThat(text).contains("shunt_agent_ready").doesNotContain("shunt_connections");
  }

  private static NodeMetrics.Source source(@Nullable DatapathStatus status) {
    return new NodeMetrics.Source(
        status,
        6,
        7,
        new ApplyStatistics.View(2, 1, Duration.ofMillis(250), Instant.EPOCH),
        true,
        true,
        Instant.ofEpochSecond(1_700_000_000),
        3,
        true,
        "1.2",
        "6.18");
  }

  private static DatapathStatus status(long accelerated, long remote) {
    return new DatapathStatus(
        State.ACTIVE,
        4,
        "d".repeat(64),
        counters(accelerated + 1, remote),
        List.of(new PolicyCounters("web", counters(accelerated, remote))),
        List.of());
  }

  private static Counters counters(long accelerated, long remote) {
    Map<Reason, Long> reasons = new EnumMap<>(Reason.class);
    for (Reason reason : Reason.values()) {
      reasons.put(reason, reason == Reason.REMOTE_PEER ? remote : 0);
    }
    return new Counters(3, accelerated, 2, 4096, 8, 1, reasons, Map.of());
  }
}
