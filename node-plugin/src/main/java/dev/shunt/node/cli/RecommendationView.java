package dev.shunt.node.cli;

import dev.shunt.policy.observe.ExpectedGain;
import dev.shunt.policy.observe.Observation;
import dev.shunt.policy.observe.Recommendation;
import dev.shunt.policy.observe.SizeClass;
import dev.shunt.policy.observe.Traffic;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One policy's recommendation and what it rests on, as JSON and as text. */
record RecommendationView(String policy, Recommendation recommendation, Observation seen) {

  List<String> text() {
    var lines = new ArrayList<String>();
    lines.add(policy);
    lines.add("  " + recommendation.sentence());
    recommendation.notes().forEach(note -> lines.add("  " + note));
    if (seen.connections() > 0) {
      lines.add("");
      lines.addAll(indented(Human.table(outcomes())));
      lines.add("");
      lines.addAll(indented(Human.table(sizes())));
    }
    return lines;
  }

  private List<List<String>> outcomes() {
    var rows = new ArrayList<List<String>>();
    rows.add(Human.row("under Enforce", "connections", ""));
    seen.outcomes().forEach((word, count) -> rows.add(Human.row(word, Human.count(count), "")));
    rows.add(
        Human.row(
            "seen", Human.count(seen.connections()), Human.count(seen.open()) + " of them open"));
    return rows;
  }

  private List<List<String>> sizes() {
    Traffic all = seen.accelerable().plus(seen.other());
    var rows = new ArrayList<List<String>>();
    rows.add(Human.row("messages", "replies", "in a row", ""));
    for (SizeClass size : SizeClass.values()) {
      rows.add(
          Human.row(
              size.text(),
              Human.count(all.replies().get(size.ordinal())),
              Human.count(all.streamed().get(size.ordinal())),
              ""));
    }
    return rows;
  }

  private static List<String> indented(List<String> lines) {
    return lines.stream().map(line -> "  " + line).toList();
  }

  Map<String, Object> json() {
    var json = new LinkedHashMap<String, Object>();
    json.put("policy", policy);
    json.put("accelerate", recommendation.accelerate().text());
    json.put("because", recommendation.because());
    json.put("notes", recommendation.notes());
    ExpectedGain gain = recommendation.gain();
    if (gain != null) {
      json.put("expectedGain", Math.round(gain.ratio() * 100) / 100.0);
      json.put("measuredShare", Math.round(gain.measured() * 100) / 100.0);
    }
    json.put("open", seen.open());
    json.put("missed", seen.missed());
    json.put("outcomes", seen.outcomes());
    json.put("durations", seen.durations());
    json.put("accelerable", json(seen.accelerable()));
    json.put("other", json(seen.other()));
    json.put(
        "blockers",
        seen.blockers().stream()
            .map(
                blocker ->
                    Map.of(
                        "cgroup", blocker.cgroup(),
                        "sockets", blocker.sockets(),
                        "halfCloses", blocker.halfCloses(),
                        "waitAlls", blocker.waitAlls(),
                        "signals", blocker.signals()))
            .toList());
    return json;
  }

  private static Map<String, Object> json(Traffic traffic) {
    var json = new LinkedHashMap<String, Object>();
    json.put("replies", traffic.replies());
    json.put("streamed", traffic.streamed());
    json.put("sentBytes", traffic.sentBytes());
    json.put("receives", traffic.receives());
    json.put("receivedBytes", traffic.receivedBytes());
    json.put("sameCpu", traffic.sameCpu());
    return json;
  }
}
