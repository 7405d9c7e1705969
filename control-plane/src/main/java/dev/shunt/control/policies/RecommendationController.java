package dev.shunt.control.policies;

import dev.shunt.control.insight.Insights;
import dev.shunt.control.revisions.RevisionLog;
import dev.shunt.control.revisions.StoredPolicy;
import dev.shunt.control.web.ApiProblem;
import dev.shunt.policy.observe.ExpectedGain;
import dev.shunt.policy.observe.GainTable;
import dev.shunt.policy.observe.Observation;
import dev.shunt.policy.observe.ReasonSentences;
import dev.shunt.policy.observe.Recommendation;
import dev.shunt.policy.observe.Recommender;
import dev.shunt.policy.observe.SizeClass;
import dev.shunt.policy.observe.Traffic;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Tells whether the connections of an observing policy should be accelerated. */
@RestController
@RequestMapping("/api/v1/policies")
@Tag(name = "Policies")
class RecommendationController {

  /**
   * @param because one sentence without a full stop
   * @param notes further sentences worth knowing before deciding
   * @param expectedGain speed relative to plain TCP that benchmarks promise for what was carried;
   *     null when nothing can be said
   * @param measuredShare share of the messages that the benchmarks have a figure for; null with it
   * @param nodes that observed the policy
   * @param at the latest report of theirs; null when there is none since the server started
   */
  @Schema(name = "Recommendation")
  record RecommendationView(
      String policy,
      @Schema(allowableValues = {"yes", "no", "unknown"}) String accelerate,
      String because,
      List<String> notes,
      @Nullable Double expectedGain,
      @Nullable Double measuredShare,
      int nodes,
      @Nullable Instant at,
      Seen seen) {}

  /**
   * What it rests on: totals since the nodes first carried the policy.
   *
   * @param open of these connections, open now
   * @param missed connections that were not looked at because too many were open at a time
   * @param outcomes connections by what would have become of them under Enforce
   * @param messages by size, of both ends
   * @param blockers cgroups whose sockets were used with blocking calls
   */
  @Schema(name = "Observation")
  record Seen(
      long connections,
      long open,
      long missed,
      Map<String, Long> outcomes,
      List<Duration> durations,
      List<Messages> messages,
      long sentBytes,
      List<Blocker> blockers) {}

  /** Closed connections that lived so long. */
  @Schema(name = "ObservedDuration")
  record Duration(String lived, long connections) {}

  /**
   * @param replies that follow a receive: request and response
   * @param streamed that follow another message of the same end
   */
  @Schema(name = "ObservedMessages")
  record Messages(String size, long replies, long streamed) {}

  /** What blocking sockets of a cgroup were seen doing that acceleration would show them. */
  @Schema(name = "ObservedBlocker")
  record Blocker(String cgroup, long sockets, long halfCloses, long waitAlls, long signals) {}

  private final RevisionLog revisions;
  private final Insights insights;
  private final Recommender recommender =
      new Recommender(GainTable.measured(), ReasonSentences::of);

  RecommendationController(RevisionLog revisions, Insights insights) {
    this.revisions = revisions;
    this.insights = insights;
  }

  @GetMapping("/{name}/recommendation")
  @Operation(
      operationId = "recommendPolicy",
      summary = "Tells whether the connections of an observing policy should be accelerated",
      description =
          "From what nodes saw while the policy's mode was Observe. Kept in memory: after a restart of"
              + " the server nothing is known until nodes report again, within seconds.")
  RecommendationView recommend(@PathVariable String name) {
    StoredPolicy stored = revisions.current().find(name);
    if (stored == null) {
      throw ApiProblem.notFound("expected the name of a policy, found \"" + name + "\"");
    }
    Insights.PolicySeen seen = insights.of(name);
    Recommendation recommendation = recommender.recommend(stored.policy(), seen.observation());
    ExpectedGain gain = recommendation.gain();
    return new RecommendationView(
        name,
        recommendation.accelerate().text(),
        recommendation.because(),
        recommendation.notes(),
        gain == null ? null : rounded(gain.ratio()),
        gain == null ? null : rounded(gain.measured()),
        seen.nodes(),
        seen.at(),
        view(seen.observation()));
  }

  private static double rounded(double value) {
    return Math.round(value * 100) / 100.0;
  }

  private static Seen view(Observation seen) {
    List<Duration> durations = new ArrayList<>();
    for (int i = 0; i < Observation.DURATIONS.size(); i++) {
      durations.add(new Duration(Observation.DURATIONS.get(i), seen.durations().get(i)));
    }
    Traffic all = seen.accelerable().plus(seen.other());
    List<Messages> messages = new ArrayList<>();
    for (SizeClass size : SizeClass.values()) {
      messages.add(
          new Messages(
              size.text(), all.replies().get(size.ordinal()), all.streamed().get(size.ordinal())));
    }
    return new Seen(
        seen.connections(),
        seen.open(),
        seen.missed(),
        seen.outcomes(),
        durations,
        messages,
        all.sentBytes(),
        seen.blockers().stream()
            .map(
                blocker ->
                    new Blocker(
                        blocker.cgroup(),
                        blocker.sockets(),
                        blocker.halfCloses(),
                        blocker.waitAlls(),
                        blocker.signals()))
            .toList());
  }
}
