package dev.shunt.node.cli;

import dev.shunt.node.agent.Health;
import dev.shunt.node.datapath.DatapathInspection;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.datapath.DatapathStatus.Counters;
import dev.shunt.node.datapath.Reason;
import dev.shunt.node.json.JsonException;
import dev.shunt.node.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One status, as JSON and as text.
 *
 * @param agent the running agent's own words; null when none runs
 */
record StatusView(
    DatapathInspection inspection,
    Path pinFolder,
    @Nullable JsonObject agent,
    String agentTrouble) {

  NodeState state() {
    return NodeState.of(inspection);
  }

  List<String> problems() {
    var problems = new ArrayList<String>();
    switch (inspection.presence()) {
      case ABSENT -> {}
      case HALF_MADE ->
          problems.add(
              "an installation was interrupted; shunt-node run finishes it, shunt-node uninstall removes it");
      case OTHER_VERSION ->
          problems.add(
              "what is pinned has another layout or capacity, or belongs to another cgroup or one that is gone; shunt-node run replaces it");
      case NEWER_LAYOUT ->
          problems.add(
              "what is pinned was installed by a later version, which alone can show and change it; it goes on accelerating");
      case INSTALLED, OTHER_PROGRAMS -> {
        DatapathStatus status = inspection.status();
        if (status != null) {
          problems.addAll(Health.problemsOf(status));
        }
      }
    }
    if (!agentTrouble.isEmpty()) {
      problems.add(agentTrouble);
    }
    return problems;
  }

  Map<String, Object> json() {
    var json = new LinkedHashMap<String, Object>();
    DatapathStatus status = inspection.status();
    Counters totals = status == null ? zero() : status.totals();
    json.put("state", state().word());
    json.put("problems", problems());
    json.put("generation", status == null ? 0 : status.generation());
    json.put("digest", status == null ? "" : status.digest());
    json.putAll(json(totals, true));
    json.put("policies", policies(status));
    json.put("agent", agentJson());
    DatapathInspection.Installed installed = inspection.installed();
    json.put("cgroup", installed == null ? "" : Installation.display(Path.of(installed.cgroup())));
    json.put("pinDir", pinFolder.toString());
    json.put("kernel", AgentVersion.kernel());
    json.put("version", AgentVersion.text());
    return json;
  }

  List<String> text() {
    var lines = new ArrayList<String>();
    DatapathStatus status = inspection.status();
    lines.add("state        " + state().word() + stateDetail(status));
    problems().forEach(problem -> lines.add("             " + problem));
    lines.add("agent        " + agentText());
    agentProblems().forEach(problem -> lines.add("             " + problem));
    DatapathInspection.Installed installed = inspection.installed();
    if (installed != null) {
      lines.add(
          "attached to  cgroup %s, pinned at %s"
              .formatted(Installation.display(Path.of(installed.cgroup())), pinFolder));
    }
    if (status != null) {
      addCounters(lines, status);
    }
    return lines;
  }

  private static String stateDetail(@Nullable DatapathStatus status) {
    if (status == null) {
      return "";
    }
    return status.generation() == 0
        ? ": no policy was applied yet, every connection is plain TCP"
        : ": generation %d, policy set %s"
            .formatted(status.generation(), status.digest().substring(0, 12));
  }

  private static void addCounters(List<String> lines, DatapathStatus status) {
    Counters totals = status.totals();
    lines.add(
        "connections  %s live, %s of them accelerated; %s accelerated since installed"
            .formatted(
                Human.count(totals.live()),
                Human.count(totals.acceleratedLive()),
                Human.count(totals.accelerated())));
    lines.add(
        "redirected   %s in %s messages"
            .formatted(
                Human.bytes(totals.redirectedBytes()), Human.count(totals.redirectedMessages())));
    if (!status.policies().isEmpty()) {
      lines.add("");
      lines.addAll(Human.table(policyRows(status)));
    }
    addReasons(lines, "not accelerated, by reason", totals.reasons());
    addReasons(lines, "directions that left redirecting for TCP, by reason", totals.fallbacks());
  }

  private static List<List<String>> policyRows(DatapathStatus status) {
    var rows = new ArrayList<List<String>>();
    rows.add(Human.row("POLICY", "LIVE", "ACCELERATED", "NOT", "MESSAGES", "REDIRECTED"));
    for (DatapathStatus.PolicyCounters policy : status.policies()) {
      Counters counters = policy.counters();
      long not = counters.reasons().values().stream().mapToLong(Long::longValue).sum();
      rows.add(
          Human.row(
              policy.policy(),
              Human.count(counters.live()),
              Human.count(counters.accelerated()),
              Human.count(not),
              Human.count(counters.redirectedMessages()),
              Human.bytes(counters.redirectedBytes())));
    }
    return rows;
  }

  private static void addReasons(List<String> lines, String title, Map<Reason, Long> reasons) {
    var rows = new ArrayList<List<String>>();
    new TreeMap<>(reasons)
        .forEach(
            (reason, count) -> {
              if (count != 0) {
                rows.add(
                    Human.row(
                        "  " + reason.wireName(), Human.count(count), Reasons.sentence(reason)));
              }
            });
    if (!rows.isEmpty()) {
      lines.add("");
      lines.add(title);
      lines.addAll(Human.table(rows));
    }
  }

  private String agentText() {
    JsonObject running = agent;
    if (running == null) {
      return state() == NodeState.INACTIVE ? "none" : "none; what is installed keeps running";
    }
    try {
      String text = "pid %d, %s".formatted(running.number("pid"), running.string("mode"));
      if (!running.has("controlPlane")) {
        return text;
      }
      return text
          + " by %s, %s, revision %d of %d"
              .formatted(
                  running.string("controlPlane"),
                  running.flag("connected") ? "connected" : "not connected",
                  running.number("appliedRevision"),
                  running.number("desiredRevision"));
    } catch (JsonException e) {
      return "one of another version (" + e.getMessage() + ")";
    }
  }

  /** What only the agent knows, for example of its conductor. */
  private List<String> agentProblems() {
    if (agent == null || !(agent.members().get("problems") instanceof List<?> told)) {
      return List.of();
    }
    List<String> known = problems();
    return told.stream().map(String::valueOf).filter(one -> !known.contains(one)).toList();
  }

  private @Nullable Object agentJson() {
    if (agent == null) {
      return null;
    }
    var members = new LinkedHashMap<>(agent.members());
    members.remove("ok");
    return members;
  }

  private static List<Map<String, Object>> policies(@Nullable DatapathStatus status) {
    var policies = new ArrayList<Map<String, Object>>();
    if (status != null) {
      for (DatapathStatus.PolicyCounters policy : status.policies()) {
        var json = new LinkedHashMap<String, Object>();
        json.put("name", policy.policy());
        json.putAll(json(policy.counters(), false));
        policies.add(json);
      }
    }
    return policies;
  }

  private static Map<String, Object> json(Counters counters, boolean everyReason) {
    var json = new LinkedHashMap<String, Object>();
    var connections = new LinkedHashMap<String, Object>();
    connections.put("live", counters.live());
    connections.put("accelerated", counters.accelerated());
    connections.put("acceleratedLive", counters.acceleratedLive());
    json.put("connections", connections);
    var redirected = new LinkedHashMap<String, Object>();
    redirected.put("bytes", counters.redirectedBytes());
    redirected.put("messages", counters.redirectedMessages());
    json.put("redirected", redirected);
    json.put("returns", counters.returns());
    json.put("reasons", reasons(counters.reasons(), everyReason));
    json.put("fallbacks", reasons(counters.fallbacks(), everyReason));
    return json;
  }

  private static Map<String, Object> reasons(Map<Reason, Long> reasons, boolean every) {
    var json = new LinkedHashMap<String, Object>();
    for (Reason reason : Reason.values()) {
      long count = reasons.getOrDefault(reason, 0L);
      if (every || count != 0) {
        json.put(reason.wireName(), count);
      }
    }
    return json;
  }

  private static Counters zero() {
    return new Counters(0, 0, 0, 0, 0, 0, Map.of(), Map.of());
  }
}
