package dev.shunt.control.policies;

import dev.shunt.control.insight.FlowView;
import dev.shunt.control.insight.Insights;
import dev.shunt.control.insight.SeenFlow;
import dev.shunt.control.revisions.PolicySnapshot;
import dev.shunt.control.revisions.RevisionLog;
import dev.shunt.control.web.ApiProblem;
import dev.shunt.control.web.Media;
import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.match.PolicyMatcher;
import dev.shunt.policy.observe.Impact;
import dev.shunt.policy.observe.Impact.Change;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Tells what a draft would change for the connections that nodes reported lately. */
@RestController
@RequestMapping("/api/v1")
@Tag(name = "Policies")
class ImpactController {

  private static final int MOST_SHOWN = 100;

  /**
   * @param draft YAML of policies to put beside or in place of the stored ones; null for none
   * @param remove name of a policy to leave out; null for none
   */
  record ImpactRequest(@Nullable String draft, @Nullable String remove) {}

  /**
   * Counts are of connections; each is in exactly one of the four.
   *
   * @param since start of what is remembered, at most an hour ago; null when no node has reported
   *     since the server started, and then nothing can be said
   * @param nodes that reported
   * @param connections looked at
   * @param truncated whether some nodes have more connections than they list
   * @param unknown connections that policy would have accelerated, and that nobody ever tried
   * @param changes all but the unchanged, most connections first, at most 100
   * @param byNode nodes on which something changes or is unknown
   */
  record ImpactView(
      @Nullable Instant since,
      int nodes,
      long connections,
      boolean truncated,
      long newlyAccelerated,
      long noLongerAccelerated,
      long unchanged,
      long unknown,
      List<ChangeView> changes,
      List<NodeImpact> byNode) {}

  /**
   * @param because one sentence without a full stop
   */
  @Schema(name = "ImpactChange")
  record ChangeView(
      @Schema(allowableValues = {"NewlyAccelerated", "NoLongerAccelerated", "Unknown"})
          String change,
      String because,
      FlowView flow) {}

  /** How many connections of one node. */
  record NodeImpact(
      String node, long newlyAccelerated, long noLongerAccelerated, long unchanged, long unknown) {}

  private record Judged(SeenFlow seen, Impact impact) {
    long connections() {
      return seen.flow().open();
    }
  }

  private final RevisionLog revisions;
  private final Insights insights;

  ImpactController(RevisionLog revisions, Insights insights) {
    this.revisions = revisions;
    this.insights = insights;
  }

  @PostMapping(path = "/policies:impact", consumes = Media.JSON)
  @Operation(
      operationId = "policyImpact",
      summary = "Tells what a draft would change for connections seen lately",
      description =
          "Against the connections that nodes reported open within the last hour. Connections that"
              + " policy would have accelerated, but of which nobody knows whether their programs"
              + " allow it, are unknown; mode: Observe finds out.")
  ImpactView impact(@RequestBody ImpactRequest asked) {
    PolicySnapshot stored = revisions.current();
    List<AccelerationPolicy> before = stored.set().policies();
    List<AccelerationPolicy> after = after(stored, asked);
    Insights.Seen seen = insights.seen();
    List<Judged> judged = judge(seen.flows(), before, after);
    Map<Change, Long> counts = count(judged);
    return new ImpactView(
        seen.since(),
        seen.nodes(),
        judged.stream().mapToLong(Judged::connections).sum(),
        seen.truncated(),
        counts.getOrDefault(Change.NEWLY_ACCELERATED, 0L),
        counts.getOrDefault(Change.NO_LONGER_ACCELERATED, 0L),
        counts.getOrDefault(Change.UNCHANGED, 0L),
        counts.getOrDefault(Change.UNKNOWN, 0L),
        changes(judged),
        byNode(judged));
  }

  private static List<AccelerationPolicy> after(PolicySnapshot stored, ImpactRequest asked) {
    if (asked.draft() == null && asked.remove() == null) {
      throw ApiProblem.badRequest("expected draft or remove, found neither");
    }
    List<AccelerationPolicy> after =
        asked.draft() == null ? stored.set().policies() : Drafts.beside(stored, asked.draft());
    return after.stream().filter(policy -> !policy.name().equals(asked.remove())).toList();
  }

  private static List<Judged> judge(
      List<SeenFlow> flows, List<AccelerationPolicy> before, List<AccelerationPolicy> after) {
    Map<Map<String, String>, PolicyMatcher> matchersBefore = new HashMap<>();
    Map<Map<String, String>, PolicyMatcher> matchersAfter = new HashMap<>();
    List<Judged> judged = new ArrayList<>();
    for (SeenFlow flow : flows) {
      PolicyMatcher old =
          matchersBefore.computeIfAbsent(
              flow.nodeLabels(), labels -> PolicyMatcher.forNode(before, labels));
      PolicyMatcher draft =
          matchersAfter.computeIfAbsent(
              flow.nodeLabels(), labels -> PolicyMatcher.forNode(after, labels));
      judged.add(new Judged(flow, Impact.of(flow.flow(), old, draft)));
    }
    return judged;
  }

  private static Map<Change, Long> count(List<Judged> judged) {
    Map<Change, Long> counts = new EnumMap<>(Change.class);
    judged.forEach(each -> counts.merge(each.impact().change(), each.connections(), Long::sum));
    return counts;
  }

  private static List<ChangeView> changes(List<Judged> judged) {
    return judged.stream()
        .filter(each -> each.impact().change() != Change.UNCHANGED)
        .sorted(Comparator.comparingLong(Judged::connections).reversed())
        .limit(MOST_SHOWN)
        .map(
            each ->
                new ChangeView(
                    switch (each.impact().change()) {
                      case NEWLY_ACCELERATED -> "NewlyAccelerated";
                      case NO_LONGER_ACCELERATED -> "NoLongerAccelerated";
                      case UNKNOWN -> "Unknown";
                      case UNCHANGED -> throw new IllegalStateException("filtered above");
                    },
                    each.impact().because(),
                    FlowView.of(each.seen())))
        .toList();
  }

  private static List<NodeImpact> byNode(List<Judged> judged) {
    Map<String, List<Judged>> nodes = new HashMap<>();
    judged.forEach(
        each -> nodes.computeIfAbsent(each.seen().node(), id -> new ArrayList<>()).add(each));
    return nodes.entrySet().stream()
        .map(
            node -> {
              Map<Change, Long> counts = count(node.getValue());
              Function<Change, Long> of = change -> counts.getOrDefault(change, 0L);
              return new NodeImpact(
                  node.getKey(),
                  of.apply(Change.NEWLY_ACCELERATED),
                  of.apply(Change.NO_LONGER_ACCELERATED),
                  of.apply(Change.UNCHANGED),
                  of.apply(Change.UNKNOWN));
            })
        .filter(node -> node.newlyAccelerated() + node.noLongerAccelerated() + node.unknown() > 0)
        .sorted(Comparator.comparing(NodeImpact::node))
        .toList();
  }
}
