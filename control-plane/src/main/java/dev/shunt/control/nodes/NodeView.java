package dev.shunt.control.nodes;

import dev.shunt.policy.AccelerationPolicy;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A node as the API shows it.
 *
 * @param appliedRevision newest revision whose set the node is known to carry; 0 for none
 * @param desiredRevision what it should carry
 * @param lastSeen when it last said anything; null when it never connected
 * @param rejection what it refused, while it still should carry that
 * @param policies what it should carry, in winning order
 */
record NodeView(
    String id,
    Map<String, String> labels,
    NodeState state,
    Health health,
    String agentVersion,
    String kernelRelease,
    long appliedRevision,
    long desiredRevision,
    Instant joinedAt,
    @Nullable Instant lastSeen,
    @Nullable RejectionView rejection,
    Counters counters,
    List<NodePolicy> policies) {

  /** What the datapath does, apart from whether it is in sync. */
  enum HealthState {
    Healthy,
    Degraded,
    NotAccelerating
  }

  /**
   * @param reasons one sentence each; empty when healthy
   */
  @Schema(name = "NodeHealth")
  record Health(HealthState state, List<String> reasons) {

    static Health of(Node node) {
      NodeReport report = node.report();
      if (report == null) {
        return new Health(
            HealthState.NotAccelerating, List.of("The node has not reported its datapath yet."));
      }
      return switch (report.datapath()) {
        case ACTIVE -> new Health(HealthState.Healthy, report.problems());
        case DEGRADED -> new Health(HealthState.Degraded, report.problems());
        case REFUSED, UNKNOWN -> new Health(HealthState.NotAccelerating, report.problems());
      };
    }
  }

  /** A refused update. */
  @Schema(name = "NodeRejection")
  record RejectionView(long revision, Instant time, List<Rejection.Reason> errors) {}

  /**
   * Totals since the datapath was installed on the node.
   *
   * @param reasons connections that were not accelerated, by reason
   */
  @Schema(name = "NodeCounters")
  record Counters(
      long liveConnections,
      long acceleratedConnections,
      long redirectedBytes,
      long redirectedMessages,
      Map<String, Long> reasons) {

    static Counters of(NodeReport.Counters counters) {
      return new Counters(
          counters.liveConnections(),
          counters.acceleratedConnections(),
          counters.redirectedBytes(),
          counters.redirectedMessages(),
          new TreeMap<>(counters.reasons()));
    }
  }

  /** One policy on one node. */
  record NodePolicy(
      String name,
      @Schema(allowableValues = {"Accelerate", "Bypass"}) String action,
      @Schema(allowableValues = {"Enforce", "Observe"}) String mode,
      long acceleratedConnections,
      long redirectedBytes,
      long redirectedMessages,
      Map<String, Long> reasons) {

    static NodePolicy of(AccelerationPolicy policy, NodeReport.Counters counters) {
      return new NodePolicy(
          policy.name(),
          policy.spec().action().text(),
          policy.spec().mode().text(),
          counters.acceleratedConnections(),
          counters.redirectedBytes(),
          counters.redirectedMessages(),
          new TreeMap<>(counters.reasons()));
    }
  }

  static NodeView of(Nodes.Standing standing) {
    Node node = standing.node();
    NodeReport report = node.report();
    Map<String, NodeReport.Counters> counted = report == null ? Map.of() : report.policies();
    return new NodeView(
        node.id(),
        new TreeMap<>(node.labels()),
        standing.state(),
        Health.of(node),
        node.agentVersion(),
        node.kernelRelease(),
        standing.appliedRevision(),
        standing.desired().version(),
        node.joinedAt(),
        node.lastSeen(),
        rejection(standing),
        Counters.of(report == null ? NodeReport.Counters.NONE : report.counters()),
        standing.desired().set().policies().stream()
            .map(
                policy ->
                    NodePolicy.of(
                        policy, counted.getOrDefault(policy.name(), NodeReport.Counters.NONE)))
            .toList());
  }

  private static @Nullable RejectionView rejection(Nodes.Standing standing) {
    Rejection rejection = standing.node().rejection();
    return rejection == null || !rejection.digest().equals(standing.desired().digest())
        ? null
        : new RejectionView(rejection.revision(), rejection.at(), rejection.errors());
  }
}
