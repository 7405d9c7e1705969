package dev.shunt.control.insight;

import dev.shunt.policy.observe.Flow;
import dev.shunt.policy.observe.Observation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is remembered of one node. Not thread-safe; {@link Insights} takes care of that. */
final class NodeMemory {

  private record Seen(Flow most, int openNow, Instant lastSeen) {}

  private final Instant since;

  /** In the order in which reports had them last, so that the eldest go first. */
  private final LinkedHashMap<Flow.Key, Seen> flows = new LinkedHashMap<>();

  private Map<String, Observation> observations = Map.of();
  private Instant lastReport;
  private boolean truncated;

  NodeMemory(Instant now) {
    this.since = now;
    this.lastReport = now;
  }

  void report(NodeInsight insight, Instant now, int mostFlows) {
    lastReport = now;
    truncated = insight.truncated();
    observations = insight.observations();
    Map<Flow.Key, Seen> before = new HashMap<>(flows);
    flows.replaceAll((key, seen) -> new Seen(seen.most(), 0, seen.lastSeen()));
    for (Flow flow : insight.flows()) {
      Seen old = before.get(flow.key());
      Flow most = old == null || old.most().open() <= flow.open() ? flow : old.most();
      flows.remove(flow.key());
      flows.put(flow.key(), new Seen(most, flow.open(), now));
    }
    Iterator<Flow.Key> eldest = flows.keySet().iterator();
    while (flows.size() > mostFlows) {
      eldest.next();
      eldest.remove();
      truncated = true;
    }
  }

  void forgetBefore(Instant time) {
    flows.values().removeIf(seen -> seen.lastSeen().isBefore(time));
  }

  List<SeenFlow> flows(String node, Map<String, String> labels) {
    List<SeenFlow> seen = new ArrayList<>();
    flows.forEach(
        (key, flow) ->
            seen.add(new SeenFlow(node, labels, flow.most(), flow.openNow(), flow.lastSeen())));
    return seen;
  }

  Map<String, Observation> observations() {
    return observations;
  }

  boolean isTruncated() {
    return truncated;
  }

  Instant lastReport() {
    return lastReport;
  }

  /** Since when this node's flows are remembered. */
  Instant since(Duration window) {
    Instant start = lastReport.minus(window);
    return start.isAfter(since) ? start : since;
  }
}
