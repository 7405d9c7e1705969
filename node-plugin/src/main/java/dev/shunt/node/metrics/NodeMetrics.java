package dev.shunt.node.metrics;

import dev.shunt.node.agent.ApplyStatistics;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.datapath.DatapathStatus.Counters;
import dev.shunt.node.datapath.Reason;
import dev.shunt.node.metrics.MetricsText.Kind;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** The fixed set of metrics of a node. Safe for use by several threads; scrapes take turns. */
public final class NodeMetrics {

  /** Label value for connections that no policy matched; a policy cannot have this name. */
  static final String NO_POLICY = "";

  private final HighWater connections = new HighWater();

  /**
   * What a scrape shows, at one instant.
   *
   * @param status null when the datapath could not be read
   * @param lastHeard when the control plane last said something; null when it never did, or there
   *     is none
   * @param streams streams to the control plane opened since the agent started
   */
  public record Source(
      @Nullable DatapathStatus status,
      long appliedRevision,
      long desiredRevision,
      ApplyStatistics.View applies,
      boolean managed,
      boolean connected,
      @Nullable Instant lastHeard,
      long streams,
      boolean ready,
      String version,
      String kernel) {}

  /** Text format 0.0.4. */
  public synchronized String render(Source source) {
    return write(source).toString();
  }

  synchronized MetricsText write(Source source) {
    var text = new MetricsText();
    agent(text, source);
    if (source.managed()) {
      controlPlane(text, source);
    }
    DatapathStatus status = source.status();
    if (status != null) {
      datapath(text, status);
      connections(text, status);
    }
    return text;
  }

  private static void agent(MetricsText text, Source source) {
    text.family("shunt_build_info", Kind.GAUGE, "Always 1; says what runs here.")
        .sample(
            "shunt_build_info",
            MetricsText.labels("version", source.version(), "kernel", source.kernel()),
            1);
    gauge(
        text,
        "shunt_agent_ready",
        "1 when the programs are attached and hold the desired revision.",
        source.ready() ? 1 : 0);
    gauge(
        text,
        "shunt_agent_applied_revision",
        "Revision of the policy set that the maps hold; 0 for a set from files.",
        source.appliedRevision());
    gauge(
        text,
        "shunt_agent_desired_revision",
        "Newest revision the control plane has spoken of.",
        source.desiredRevision());
    ApplyStatistics.View applies = source.applies();
    text.family(
            "shunt_agent_apply_duration_seconds",
            Kind.SUMMARY,
            "Time from a received policy set to the set being live and on disk.")
        .sample("shunt_agent_apply_duration_seconds_sum", applies.total().toNanos() / 1e9)
        .sample("shunt_agent_apply_duration_seconds_count", applies.applied());
    counter(
        text,
        "shunt_agent_apply_errors_total",
        "Policy sets that were refused; nothing of them was applied.",
        applies.refused());
  }

  private static void controlPlane(MetricsText text, Source source) {
    gauge(
        text,
        "shunt_agent_connected",
        "1 while the control plane answers on the stream.",
        source.connected() ? 1 : 0);
    counter(
        text,
        "shunt_agent_streams_total",
        "Streams to the control plane that were opened.",
        source.streams());
    Instant lastHeard = source.lastHeard();
    if (lastHeard != null) {
      gauge(
          text,
          "shunt_agent_last_seen_timestamp_seconds",
          "When the control plane last said something.",
          lastHeard.toEpochMilli() / 1e3);
    }
  }

  private static void datapath(MetricsText text, DatapathStatus status) {
    text.family("shunt_datapath_state", Kind.GAUGE, "1 for the state the datapath is in.");
    for (DatapathStatus.State state : DatapathStatus.State.values()) {
      text.sample(
          "shunt_datapath_state",
          MetricsText.labels("state", state.name().toLowerCase(Locale.ROOT)),
          state == status.state() ? 1 : 0);
    }
    gauge(
        text,
        "shunt_datapath_generation",
        "Policy generation the programs read.",
        status.generation());
  }

  private void connections(MetricsText text, DatapathStatus status) {
    Map<String, Counters> byPolicy = byPolicy(status);
    text.family(
        "shunt_connections_total",
        Kind.COUNTER,
        "Connections by what became of them; one that changes its reason while open shows under both.");
    byPolicy.forEach(
        (policy, counters) -> {
          connectionSample(text, policy, "accelerated", "", counters.accelerated());
          counters(counters.reasons())
              .forEach(
                  (reason, count) -> connectionSample(text, policy, "bypassed", reason, count));
        });
    family(
        text,
        byPolicy,
        "shunt_connections_live",
        Kind.GAUGE,
        "Connections open now.",
        Counters::live);
    family(
        text,
        byPolicy,
        "shunt_connections_accelerated_live",
        Kind.GAUGE,
        "Accelerated connections open now.",
        Counters::acceleratedLive);
    family(
        text,
        byPolicy,
        "shunt_redirected_bytes_total",
        Kind.COUNTER,
        "Bytes that skipped TCP.",
        Counters::redirectedBytes);
    family(
        text,
        byPolicy,
        "shunt_redirected_messages_total",
        Kind.COUNTER,
        "Sends that skipped TCP.",
        Counters::redirectedMessages);
    family(
        text,
        byPolicy,
        "shunt_returns_total",
        Kind.COUNTER,
        "Times a direction went back from TCP to redirecting.",
        Counters::returns);
    text.family(
        "shunt_fallbacks_total",
        Kind.COUNTER,
        "Times a direction left redirecting for TCP, by the reason.");
    byPolicy.forEach(
        (policy, counters) ->
            counters(counters.fallbacks())
                .forEach(
                    (reason, count) ->
                        text.sample(
                            "shunt_fallbacks_total",
                            MetricsText.labels("policy", policy, "reason", reason),
                            count)));
  }

  private void connectionSample(
      MetricsText text, String policy, String result, String reason, long count) {
    text.sample(
        "shunt_connections_total",
        MetricsText.labels("policy", policy, "result", result, "reason", reason),
        connections.of(policy + "/" + result + "/" + reason, count));
  }

  private static void family(
      MetricsText text,
      Map<String, Counters> byPolicy,
      String name,
      Kind kind,
      String help,
      ToLongFunction<Counters> value) {
    text.family(name, kind, help);
    byPolicy.forEach(
        (policy, counters) ->
            text.sample(name, MetricsText.labels("policy", policy), value.applyAsLong(counters)));
  }

  /** Every policy, and under the empty name what the totals have beyond them. */
  private static Map<String, Counters> byPolicy(DatapathStatus status) {
    var byPolicy = new TreeMap<String, Counters>();
    Counters rest = status.totals();
    for (DatapathStatus.PolicyCounters policy : status.policies()) {
      byPolicy.put(policy.policy(), policy.counters());
      rest = minus(rest, policy.counters());
    }
    byPolicy.put(NO_POLICY, rest);
    return byPolicy;
  }

  private static Counters minus(Counters total, Counters part) {
    return new Counters(
        minus(total.live(), part.live()),
        minus(total.accelerated(), part.accelerated()),
        minus(total.acceleratedLive(), part.acceleratedLive()),
        minus(total.redirectedBytes(), part.redirectedBytes()),
        minus(total.redirectedMessages(), part.redirectedMessages()),
        minus(total.returns(), part.returns()),
        minus(total.reasons(), part.reasons()),
        minus(total.fallbacks(), part.fallbacks()));
  }

  private static Map<Reason, Long> minus(Map<Reason, Long> total, Map<Reason, Long> part) {
    var rest = new TreeMap<Reason, Long>();
    total.forEach((reason, count) -> rest.put(reason, minus(count, part.getOrDefault(reason, 0L))));
    return rest;
  }

  /** Totals and parts are read one after the other while programs add to both. */
  private static long minus(long total, long part) {
    return Math.max(0, total - part);
  }

  /**
   * By wire name, without reasons that never happened: a node has 22 reasons and may have 1,024
   * policies.
   */
  private static Map<String, Long> counters(Map<Reason, Long> reasons) {
    var counts = new TreeMap<String, Long>();
    reasons.forEach(
        (reason, count) -> {
          if (count != 0) {
            counts.put(reason.wireName(), count);
          }
        });
    return counts;
  }

  private static void gauge(MetricsText text, String name, String help, double value) {
    text.family(name, Kind.GAUGE, help).sample(name, value);
  }

  private static void counter(MetricsText text, String name, String help, double value) {
    text.family(name, Kind.COUNTER, help).sample(name, value);
  }
}
