package dev.shunt.node.cli;

import dev.shunt.node.agent.AgentLock;
import dev.shunt.node.agent.AgentLog;
import dev.shunt.node.agent.AgentRunningException;
import dev.shunt.node.agent.ApplyOutcome;
import dev.shunt.node.agent.ApplyStatistics;
import dev.shunt.node.agent.Enforcer;
import dev.shunt.node.agent.Health;
import dev.shunt.node.agent.InsightSampler;
import dev.shunt.node.agent.LocalServer;
import dev.shunt.node.agent.PolicyText;
import dev.shunt.node.datapath.Datapath;
import dev.shunt.node.datapath.DatapathException;
import dev.shunt.node.datapath.DatapathOptions;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.datapath.Insight;
import dev.shunt.node.metrics.MetricsServer;
import dev.shunt.node.metrics.NodeMetrics;
import dev.shunt.node.programs.SpliceJudge;
import dev.shunt.node.store.PolicySnapshot;
import dev.shunt.node.store.PolicyStore;
import dev.shunt.node.sync.ControlPlaneClient;
import dev.shunt.node.sync.SyncTarget;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A running agent: the lock, the datapath, the enforcer, and whoever talks to them. Opened in that
 * order and closed in reverse; the datapath itself outlives it.
 */
final class NodeAgent implements SyncTarget, AutoCloseable {

  private final Settings settings;
  private final AgentLock.Mode mode;
  private final AgentLock lock;
  private final Datapath datapath;
  private final DatapathOptions options;
  private final Enforcer enforcer;
  private final ApplyStatistics statistics;
  private final AgentLog log;

  private final NodeMetrics metrics = new NodeMetrics();

  private @Nullable MetricsServer metricsServer;
  private @Nullable LocalServer localServer;
  private @Nullable ControlPlaneClient client;
  private @Nullable InsightSampler sampler;

  private NodeAgent(
      Settings settings,
      AgentLock.Mode mode,
      AgentLock lock,
      Datapath datapath,
      DatapathOptions options,
      World world,
      AgentLog log) {
    this.settings = settings;
    this.mode = mode;
    this.lock = lock;
    this.datapath = datapath;
    this.options = options;
    this.log = log;
    this.statistics = new ApplyStatistics(world.clock());
    this.enforcer =
        new Enforcer(
            datapath, new PolicyStore(settings.stateDir()), settings.labels(), log, statistics);
  }

  /** Takes the pin folder and installs or adopts the datapath; enforces nothing yet. */
  static NodeAgent open(World world, Settings settings, AgentLock.Mode mode, AgentLog log)
      throws IOException, AgentRunningException, DatapathException {
    AgentLock lock = AgentLock.take(settings.runFolder(), mode);
    try {
      DatapathOptions options = new Installation(world.installer(), settings).options();
      Datapath datapath = world.installer().installOrAdopt(options);
      try {
        datapath.conduct(
            settings.cpuPercent() / 100.0,
            new SpliceJudge(settings.trustedPrograms()),
            notice -> log.warn("", notice));
      } catch (DatapathException | RuntimeException e) {
        datapath.close();
        throw e;
      }
      log.info("", origin(datapath, options));
      return new NodeAgent(settings, mode, lock, datapath, options, world, log);
    } catch (DatapathException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static String origin(Datapath datapath, DatapathOptions options) {
    String where =
        "%s on cgroup %s".formatted(options.pinFolder(), Installation.display(options.cgroup()));
    return switch (datapath.origin()) {
      case INSTALLED -> "installed the datapath at " + where;
      case ADOPTED -> "adopted the running datapath at " + where;
      case UPGRADED ->
          "put this version's programs in the place of another's at "
              + where
              + "; open connections keep theirs until they close";
      case REPLACED ->
          "installed the datapath in the place of another one at "
              + where
              + "; connections that the other one accelerates go back to TCP and are enrolled anew";
      case REPAIRED -> "finished an interrupted installation at " + where;
    };
  }

  Enforcer enforcer() {
    return enforcer;
  }

  AgentLock.Mode mode() {
    return mode;
  }

  /** Answers {@code apply}, {@code status} and {@code uninstall --stop} of other processes. */
  void serveLocally(LocalServer.Handler handler) throws IOException {
    localServer = LocalServer.start(settings.runFolder(), handler);
  }

  void serveMetrics() throws IOException {
    if (settings.metricsPort() > 0) {
      metricsServer =
          MetricsServer.start(
              settings.metricsPort(), () -> metrics.render(metricsSource()), this::readiness);
    }
  }

  void connect(ControlPlaneClient controlPlane) {
    client = controlPlane;
    InsightSampler looking = new InsightSampler(datapath, log);
    sampler = looking;
    looking.start();
    controlPlane.start();
  }

  ControlPlaneClient.@Nullable View controlPlane() {
    ControlPlaneClient connected = client;
    return connected == null ? null : connected.view();
  }

  /** Enforces files; logs what became of it. */
  ApplyOutcome apply(List<PolicyText> texts) {
    return logged(enforcer.apply(texts));
  }

  @Override
  public ApplyOutcome apply(PolicySnapshot desired) {
    return logged(enforcer.apply(desired));
  }

  @Override
  public void remember(PolicySnapshot snapshot) {
    enforcer.remember(snapshot);
    log.info(
        "revision=" + snapshot.revision(), "the policy set is the same as before; kept as it is");
  }

  @Override
  public Health health() {
    return Health.of(enforcer);
  }

  @Override
  public @Nullable Insight takeInsight() {
    InsightSampler looking = sampler;
    return looking == null ? null : looking.take();
  }

  /** {@code generation 3, 2 policies, cgroup /}: what the ready line says after "ready:". */
  String summary() throws DatapathException {
    DatapathStatus status = datapath.status();
    int policies = status.policies().size();
    return "generation %d, %d %s, cgroup %s"
        .formatted(
            status.generation(),
            policies,
            policies == 1 ? "policy" : "policies",
            Installation.display(options.cgroup()));
  }

  @Override
  public void close() throws IOException {
    if (client != null) {
      client.close();
    }
    if (sampler != null) {
      sampler.close();
    }
    if (metricsServer != null) {
      metricsServer.close();
    }
    if (localServer != null) {
      localServer.close();
    }
    datapath.close();
    lock.close();
  }

  private ApplyOutcome logged(ApplyOutcome outcome) {
    if (outcome instanceof ApplyOutcome.Applied done) {
      log.info(
          "revision=%d generation=%d".formatted(done.snapshot().revision(), done.generation()),
          "enforcing %d of %d policies, digest %s, in %d ms"
              .formatted(
                  done.policies(),
                  done.snapshot().documents().size(),
                  done.snapshot().digest().substring(0, 12),
                  done.took().toMillis()));
      done.warnings().forEach(warning -> log.warn("", warning.display()));
    } else if (outcome instanceof ApplyOutcome.Refused refused) {
      refused.problems().forEach(problem -> log.error("", problem.display()));
      log.error(
          "revision=" + enforcer.enforced().revision(),
          "refused a policy set with %d problem(s); what was enforced before still is"
              .formatted(refused.problems().size()));
    }
    return outcome;
  }

  private MetricsServer.Readiness readiness() {
    Health health = health();
    if (!health.problems().isEmpty()) {
      return new MetricsServer.Readiness(false, String.join("; ", health.problems()));
    }
    long applied = enforcer.enforced().revision();
    ControlPlaneClient.View view = controlPlane();
    if (view != null && view.desiredRevision() != applied) {
      return new MetricsServer.Readiness(
          false,
          "revision %d is desired, %d is applied".formatted(view.desiredRevision(), applied));
    }
    return new MetricsServer.Readiness(true, "attached, revision " + applied);
  }

  private NodeMetrics.Source metricsSource() {
    ControlPlaneClient.View view = controlPlane();
    long applied = enforcer.enforced().revision();
    return new NodeMetrics.Source(
        health().status(),
        applied,
        view == null ? applied : view.desiredRevision(),
        statistics.view(),
        view != null,
        view != null && view.connected(),
        view == null ? null : view.lastHeard(),
        view == null ? 0 : view.streams(),
        readiness().ready(),
        AgentVersion.text(),
        AgentVersion.kernel());
  }
}
