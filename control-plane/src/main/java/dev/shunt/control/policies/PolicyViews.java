package dev.shunt.control.policies;

import dev.shunt.control.nodes.Nodes;
import dev.shunt.control.nodes.PolicyRollup;
import dev.shunt.control.policies.PolicyResource.Condition;
import dev.shunt.control.revisions.PolicySnapshot;
import dev.shunt.control.revisions.StoredPolicy;
import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CanonicalJson;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** Shows policies with their status. */
@Component
class PolicyViews {

  private final Nodes nodes;
  private final JsonMapper json;

  PolicyViews(Nodes nodes, JsonMapper json) {
    this.nodes = nodes;
    this.json = json;
  }

  /** Shows policies of one snapshot, all as of one moment. */
  Views of(PolicySnapshot snapshot) {
    return new Views(PolicyRollup.of(nodes, snapshot));
  }

  /** The shape in which canonical JSON holds what the API shows. */
  private record Canonical(
      String apiVersion, String kind, Object metadata, PolicyDocument.Spec spec) {}

  final class Views {

    private final PolicyRollup rollup;

    private Views(PolicyRollup rollup) {
      this.rollup = rollup;
    }

    PolicyResource show(StoredPolicy stored) {
      AccelerationPolicy policy = stored.policy();
      PolicyDocument.Spec spec =
          json.readValue(CanonicalJson.write(policy), Canonical.class).spec();
      PolicyResource.Metadata metadata =
          new PolicyResource.Metadata(
              policy.name(),
              policy.metadata().labels(),
              policy.metadata().annotations(),
              Long.toString(stored.sinceRevision()),
              stored.generation(),
              stored.createdAt(),
              stored.changedAt());
      return new PolicyResource(
          AccelerationPolicy.API_VERSION,
          AccelerationPolicy.KIND,
          metadata,
          spec,
          status(stored, rollup.of(policy.name())));
    }
  }

  private static PolicyResource.Status status(StoredPolicy stored, PolicyRollup.Spread spread) {
    return new PolicyResource.Status(
        stored.sinceRevision(),
        stored.generation(),
        new PolicyResource.NodeCounts(spread.applied(), spread.desired(), spread.rejected()),
        List.of(applied(stored, spread)));
  }

  private static Condition applied(StoredPolicy stored, PolicyRollup.Spread spread) {
    String counts = spread.applied() + "/" + spread.desired() + " nodes";
    if (spread.desired() == 0) {
      return new Condition(
          "Applied", "Unknown", "NoNodes", "no node should carry this policy", stored.changedAt());
    }
    if (spread.applied() == spread.desired()) {
      return new Condition(
          "Applied", "True", "AllNodes", counts, later(stored.changedAt(), spread.lastApplied()));
    }
    return spread.rejected() > 0
        ? new Condition(
            "Applied",
            "False",
            "Rejected",
            counts + ", rejected by " + spread.rejected(),
            stored.changedAt())
        : new Condition("Applied", "False", "Propagating", counts, stored.changedAt());
  }

  private static Instant later(Instant one, @Nullable Instant other) {
    return other != null && other.isAfter(one) ? other : one;
  }
}
