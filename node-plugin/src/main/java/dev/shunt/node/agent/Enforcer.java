package dev.shunt.node.agent;

import dev.shunt.node.datapath.AppliedPolicy;
import dev.shunt.node.datapath.Datapath;
import dev.shunt.node.datapath.DatapathException;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.store.PolicySnapshot;
import dev.shunt.node.store.PolicyStore;
import dev.shunt.policy.PolicySet;
import dev.shunt.policy.compile.CompiledPolicySet;
import dev.shunt.policy.compile.PolicyCompiler;
import dev.shunt.policy.compile.PolicyLimitException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The one way by which a policy set becomes live on this node: read, check, compile, write to the
 * maps, keep on disk. Either all of it happens or nothing is changed.
 *
 * <p>Safe for use by several threads; sets are applied one after the other.
 */
public final class Enforcer {

  private final Datapath datapath;
  private final PolicyStore store;
  private final Map<String, String> labels;
  private final AgentLog log;
  private final ApplyStatistics statistics;

  private volatile PolicySnapshot enforced = PolicySnapshot.NONE;
  private volatile String problem = "";

  /**
   * @param labels of this node; policies whose selector does not match them are kept but not
   *     compiled
   */
  public Enforcer(
      Datapath datapath,
      PolicyStore store,
      Map<String, String> labels,
      AgentLog log,
      ApplyStatistics statistics) {
    this.datapath = datapath;
    this.store = store;
    this.labels = Map.copyOf(labels);
    this.log = log;
    this.statistics = statistics;
  }

  /** What is wrong with policy files, without touching anything; empty when they are valid. */
  public static List<PolicyProblem> problemsOf(List<PolicyText> texts) {
    return PolicyReader.read(texts).errors();
  }

  /**
   * The set that was enforced last, as the disk keeps it, without touching anything; empty when
   * there is none that can be read.
   */
  public static PolicySet lastEnforced(PolicyStore store) {
    return store.load() instanceof PolicyStore.Loaded.LastGood good
        ? PolicyReader.read(good.snapshot()).set()
        : new PolicySet(List.of());
  }

  /**
   * Enforces the last good set that the disk holds, if any, before anybody was talked to. A damaged
   * or no longer valid file leaves what is pinned as it is.
   */
  public synchronized void restore() {
    PolicyStore.Loaded loaded = store.load();
    if (loaded instanceof PolicyStore.Loaded.Corrupted corrupted) {
      log.warn("", corrupted.sentence());
    } else if (loaded instanceof PolicyStore.Loaded.LastGood lastGood) {
      ApplyOutcome outcome = apply(lastGood.snapshot());
      if (outcome instanceof ApplyOutcome.Refused refused) {
        log.warn(
            "revision=" + lastGood.snapshot().revision(),
            "the last good policy is not valid any more and is not enforced: "
                + refused.problems().get(0).display());
      }
    }
  }

  /** Enforces policy files as the whole set. */
  public synchronized ApplyOutcome apply(List<PolicyText> texts) {
    return enforce(System.nanoTime(), PolicyReader.read(texts));
  }

  /** Enforces a set whose digest was announced, by the control plane or by the disk. */
  public synchronized ApplyOutcome apply(PolicySnapshot desired) {
    return enforce(System.nanoTime(), PolicyReader.read(desired));
  }

  /** The set that is enforced already has a newer revision. */
  public synchronized void remember(PolicySnapshot snapshot) {
    keep(snapshot);
    enforced = snapshot;
  }

  public DatapathStatus status() throws DatapathException {
    return datapath.status();
  }

  /** The set this process enforced last; {@link PolicySnapshot#NONE} before the first. */
  public PolicySnapshot enforced() {
    return enforced;
  }

  /** Why the disk does not hold what the maps hold; empty when it does. */
  public String problem() {
    return problem;
  }

  private ApplyOutcome enforce(long started, PolicyReader.Result read) {
    ApplyOutcome outcome =
        read.errors().isEmpty() ? activate(started, read) : new ApplyOutcome.Refused(read.errors());
    statistics.record(outcome);
    return outcome;
  }

  private ApplyOutcome activate(long started, PolicyReader.Result read) {
    PolicySet own = read.set().forNode(labels);
    long generation;
    try {
      generation = write(own);
    } catch (PolicyLimitException e) {
      return new ApplyOutcome.Refused(List.of(PolicyProblem.of("", "", e.problem())));
    } catch (DatapathException e) {
      return new ApplyOutcome.Refused(
          List.of(
              PolicyProblem.ofSet(
                  e.code(), Objects.requireNonNullElse(e.errno(), ""), message(e))));
    }
    keep(read.snapshot());
    enforced = read.snapshot();
    return new ApplyOutcome.Applied(
        read.snapshot(),
        generation,
        own.policies().size(),
        Duration.ofNanos(System.nanoTime() - started),
        read.warnings());
  }

  /**
   * Returns the generation that holds the set: the live one, untouched, when it holds it already.
   */
  private long write(PolicySet own) throws DatapathException {
    DatapathStatus live = datapath.status();
    if (live.generation() > 0 && live.digest().equals(own.digest())) {
      return live.generation();
    }
    CompiledPolicySet compiled = PolicyCompiler.compile(own.policies());
    AppliedPolicy applied = datapath.apply(compiled);
    return applied.generation();
  }

  /**
   * A full disk must not undo what the maps hold: the set is live, only a restart would not find
   * it.
   */
  private void keep(PolicySnapshot snapshot) {
    try {
      store.save(snapshot);
      problem = "";
    } catch (IOException e) {
      problem =
          "revision %d is enforced but could not be kept in %s (%s); after a restart the node falls back to the one before"
              .formatted(snapshot.revision(), store.path(), e);
      log.warn("revision=" + snapshot.revision(), problem);
    }
  }

  private static String message(DatapathException e) {
    @Nullable String message = e.getMessage();
    return message == null ? e.toString() : message;
  }
}
