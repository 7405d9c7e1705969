package dev.shunt.node.agent;

import dev.shunt.node.datapath.AppliedPolicy;
import dev.shunt.node.datapath.Connection;
import dev.shunt.node.datapath.Datapath;
import dev.shunt.node.datapath.DatapathException;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.datapath.DatapathStatus.Counters;
import dev.shunt.node.datapath.DatapathStatus.PolicyCounters;
import dev.shunt.node.datapath.DatapathStatus.State;
import dev.shunt.node.datapath.Insight;
import dev.shunt.node.datapath.Reason;
import dev.shunt.node.programs.SpliceJudge;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A datapath without a kernel: keeps the rules of {@link Datapath}, and fails when told to. */
public final class MemoryDatapath implements Datapath {
  private long generation;
  private String digest = "";
  private List<String> policies = List.of();
  private boolean draining;
  private @Nullable DatapathException failure;

  public void failWith(@Nullable DatapathException next) {
    failure = next;
  }

  @Override
  public AppliedPolicy apply(CompiledPolicySet set) throws DatapathException {
    if (failure != null) {
      throw failure;
    }
    generation++;
    digest = set.digest();
    policies = set.policies().stream().map(CompiledPolicySet.Row::name).sorted().toList();
    return new AppliedPolicy(generation, digest, 1, Duration.ofMillis(1), Map.of());
  }

  @Override
  public DatapathStatus status() {
    State state = draining ? State.DRAINING : generation == 0 ? State.IDLE : State.ACTIVE;
    return new DatapathStatus(
        state,
        generation,
        digest,
        counters(10),
        policies.stream().map(name -> new PolicyCounters(name, counters(1))).toList(),
        List.of());
  }

  @Override
  public List<Connection> connections() {
    return List.of();
  }

  @Override
  public Insight insight() {
    return Insight.NONE;
  }

  @Override
  public void conduct(double cpuShare, SpliceJudge judge, Consumer<String> notices) {}

  @Override
  public boolean drain(Duration atMost) {
    draining = true;
    return true;
  }

  @Override
  public void setDraining(boolean drain) {
    draining = drain;
  }

  @Override
  public Origin origin() {
    return Origin.INSTALLED;
  }

  @Override
  public void close() {}

  private static Counters counters(long times) {
    Map<Reason, Long> reasons = new EnumMap<>(Reason.class);
    for (Reason reason : Reason.values()) {
      reasons.put(reason, reason == Reason.REMOTE_PEER ? 2 * times : 0);
    }
    return new Counters(
        3 * times, 5 * times, 2 * times, 4096 * times, 8 * times, times, reasons, reasons);
  }
}
