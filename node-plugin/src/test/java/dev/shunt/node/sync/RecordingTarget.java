package dev.shunt.node.sync;

import dev.shunt.node.agent.ApplyOutcome;
import dev.shunt.node.agent.Health;
import dev.shunt.node.datapath.Insight;
import dev.shunt.node.store.PolicySnapshot;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import org.jspecify.annotations.Nullable;

/** A node whose kernel is as slow, and as willing, as the test wants. */
final class RecordingTarget implements SyncTarget {
  final BlockingQueue<PolicySnapshot> desired = new LinkedBlockingQueue<>();
  final BlockingQueue<PolicySnapshot> remembered = new LinkedBlockingQueue<>();
  private final SynchronousQueue<ApplyOutcome> outcomes = new SynchronousQueue<>();

  /** Ends the apply that runs now. */
  void finish(ApplyOutcome outcome) throws InterruptedException {
    outcomes.put(outcome);
  }

  @Override
  public ApplyOutcome apply(PolicySnapshot snapshot) {
    desired.add(snapshot);
    try {
      return outcomes.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return PolicyFixtures.refused("interrupted");
    }
  }

  @Override
  public void remember(PolicySnapshot snapshot) {
    remembered.add(snapshot);
  }

  @Override
  public Health health() {
    return new Health(null, List.of("made up"));
  }

  @Override
  public @Nullable Insight takeInsight() {
    return null;
  }
}
