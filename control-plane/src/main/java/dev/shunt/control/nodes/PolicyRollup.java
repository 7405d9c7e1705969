package dev.shunt.control.nodes;

import dev.shunt.control.push.DesiredState;
import dev.shunt.control.revisions.PolicySnapshot;
import dev.shunt.control.revisions.StoredPolicy;
import dev.shunt.policy.AccelerationPolicy;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts, for every policy, the nodes that should carry it and those that do. */
public final class PolicyRollup {

  /**
   * @param desired nodes that should carry the policy
   * @param applied of these, nodes known to carry it as it is now
   * @param rejected of these, nodes that refused the update that brings it
   * @param lastApplied when the latest of them confirmed it, or null
   */
  public record Spread(int desired, int applied, int rejected, @Nullable Instant lastApplied) {

    static final Spread NONE = new Spread(0, 0, 0, null);

    private Spread plus(Spread other) {
      return new Spread(
          desired + other.desired,
          applied + other.applied,
          rejected + other.rejected,
          later(lastApplied, other.lastApplied));
    }

    private static @Nullable Instant later(@Nullable Instant one, @Nullable Instant other) {
      return one == null || (other != null && other.isAfter(one)) ? other : one;
    }
  }

  /** Nodes that stand alike are counted once per policy, not once per node and policy. */
  private record Alike(
      DesiredState desired, boolean carriesDesired, long appliedRevision, boolean rejected) {}

  private record Many(int nodes, @Nullable Instant lastApplied) {

    private Many plus(Many other) {
      return new Many(nodes + other.nodes, Spread.later(lastApplied, other.lastApplied));
    }
  }

  private final Map<String, Spread> spreads = new HashMap<>();

  private PolicyRollup() {}

  public static PolicyRollup of(Nodes nodes, PolicySnapshot snapshot) {
    Map<Alike, Many> groups = new HashMap<>();
    for (Nodes.Standing standing : nodes.standings()) {
      Alike alike =
          new Alike(
              standing.desired(),
              standing.carriesDesired(),
              standing.appliedRevision(),
              standing.state() == NodeState.Rejected);
      groups.merge(alike, new Many(1, standing.node().applied().at()), Many::plus);
    }
    PolicyRollup rollup = new PolicyRollup();
    groups.forEach((alike, many) -> rollup.add(alike, many, snapshot));
    return rollup;
  }

  private void add(Alike alike, Many many, PolicySnapshot snapshot) {
    for (AccelerationPolicy policy : alike.desired.set().policies()) {
      StoredPolicy stored = snapshot.find(policy.name());
      boolean applied =
          alike.carriesDesired
              || (stored != null && alike.appliedRevision >= stored.sinceRevision());
      boolean rejected = alike.rejected && !applied;
      Spread spread =
          new Spread(
              many.nodes,
              applied ? many.nodes : 0,
              rejected ? many.nodes : 0,
              applied ? many.lastApplied : null);
      spreads.merge(policy.name(), spread, Spread::plus);
    }
  }

  /** How a policy stands; all zero when no node should carry it. */
  public Spread of(String policy) {
    return spreads.getOrDefault(policy, Spread.NONE);
  }
}
