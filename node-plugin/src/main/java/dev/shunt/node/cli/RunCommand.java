package dev.shunt.node.cli;

import dev.shunt.node.agent.AgentLock;
import dev.shunt.node.agent.AgentLog;
import dev.shunt.node.agent.AgentRunningException;
import dev.shunt.node.agent.ApplyOutcome;
import dev.shunt.node.agent.PolicyText;
import dev.shunt.node.agent.StreamLog;
import dev.shunt.node.check.CheckReport;
import dev.shunt.node.check.HostCheck;
import dev.shunt.node.datapath.DatapathException;
import dev.shunt.node.store.CredentialStore;
import dev.shunt.node.sync.ControlPlaneChannels;
import dev.shunt.node.sync.ControlPlaneClient;
import dev.shunt.node.sync.ControlPlaneEndpoint;
import dev.shunt.node.sync.Credentials;
import dev.shunt.node.sync.NodeIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.logging.LogManager;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code shunt-node run}: stays in the foreground until it is told to stop. */
@Command(
    name = "run",
    description =
        "Run the agent: take policies from a control plane, or with --standalone from files.")
final class RunCommand implements Callable<Integer> {

  private final World world;

  @Mixin CommonOptions common = new CommonOptions();

  @Option(names = "--standalone", description = "No control plane: enforce the files given by -f.")
  boolean standalone;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "Policy documents, YAML or JSON; may be repeated; - is standard input.")
  List<String> files = List.of();

  @Option(
      names = "--control-plane",
      paramLabel = "HOST:PORT",
      description = "Where policies come from.")
  @Nullable String controlPlane;

  @Option(
      names = "--node-id",
      paramLabel = "ID",
      description = "This node's name (default: the host name).")
  @Nullable String nodeId;

  @Option(
      names = "--label",
      paramLabel = "KEY=VALUE",
      description = "A label that policies select nodes by; may be repeated.")
  Map<String, String> labels = new TreeMap<>();

  @Option(
      names = "--join-token",
      paramLabel = "TOKEN",
      description = "Exchanged once for this node's credential; other users see it in ps.")
  @Nullable String joinToken;

  @Option(
      names = "--join-token-file",
      paramLabel = "FILE",
      description = "File that holds the join token.")
  @Nullable String joinTokenFile;

  @Option(
      names = "--ca-file",
      paramLabel = "FILE",
      description = "PEM file of the authority to trust.")
  @Nullable String caFile;

  @Option(names = "--plaintext", description = "No TLS; the credential travels in the clear.")
  boolean plaintext;

  @Option(
      names = "--metrics-port",
      paramLabel = "PORT",
      description = "Prometheus metrics and health (default: 9465); 0 for none.")
  @Nullable String metricsPort;

  @Option(
      names = "--uninstall-on-stop",
      description = "When told to stop, remove programs, maps and links as well; keep the state.")
  boolean uninstallOnStop;

  @Option(
      names = "--trusted-programs",
      paramLabel = "NAMES",
      description =
          "File names of programs that never read a connection with splice(2) though they could,"
              + " patterns, separated by commas (default: python3*).")
  @Nullable String trustedPrograms;

  @Option(
      names = "--cpu-percent",
      paramLabel = "N",
      description = "Of one CPU: most that tending connections may take on average (default: 1).")
  @Nullable String cpuPercent;

  RunCommand(World world) {
    this.world = world;
  }

  @Override
  public Integer call() throws Exception {
    Settings settings = common.settings(world, options());
    AgentLog log = new StreamLog(world.err(), world.clock());
    if (!common.verbose) {
      // gRPC logs stack traces of what is reported here in one line.
      LogManager.getLogManager().reset();
    }
    if (standalone) {
      runStandalone(settings, log);
    } else {
      runManaged(settings, log);
    }
    if (settings.uninstallOnStop()) {
      new Uninstallation(world, settings).run(true);
    }
    return ExitCode.OK.number();
  }

  private void runManaged(Settings settings, AgentLog log)
      throws IOException, InterruptedException {
    if (!files.isEmpty()) {
      throw CommandFailure.invalid(
          "-f needs --standalone: a managed node has its policies from the control plane");
    }
    ControlPlaneEndpoint endpoint = settings.controlPlane();
    if (endpoint == null) {
      throw CommandFailure.invalid(
          "expected --control-plane HOST:PORT, or --standalone with -f FILE, found neither");
    }
    runManaged(settings, endpoint, log);
  }

  private void runStandalone(Settings settings, AgentLog log)
      throws IOException, InterruptedException {
    if (files.isEmpty()) {
      throw CommandFailure.invalid("expected -f FILE with --standalone, found none");
    }
    var policyFiles = new PolicyFiles(files, world.in());
    List<PolicyText> texts = policyFiles.read();
    PolicyFiles.requireValid(texts);
    try (NodeAgent agent = open(settings, AgentLock.Mode.STANDALONE, log)) {
      ApplyOutcome outcome = agent.apply(texts);
      if (outcome instanceof ApplyOutcome.Refused refused) {
        throw PolicyFiles.invalid(refused.problems());
      }
      serve(agent, settings, "standalone", () -> reload(agent, policyFiles, log));
    } catch (DatapathException e) {
      throw datapathFailure(e);
    }
  }

  private void runManaged(Settings settings, ControlPlaneEndpoint endpoint, AgentLog log)
      throws IOException, InterruptedException {
    var identity =
        new NodeIdentity(
            settings.nodeId(),
            settings.labels(),
            AgentVersion.text(),
            List.of("delta"),
            AgentVersion.kernel());
    var credentials =
        new Credentials(new CredentialStore(settings.stateDir()), () -> token(settings));
    var channels = new ControlPlaneChannels(endpoint, AgentVersion.text());
    try (NodeAgent agent = open(settings, AgentLock.Mode.MANAGED, log)) {
      agent.enforcer().restore();
      agent.connect(
          new ControlPlaneClient(
              channels,
              identity,
              credentials,
              agent,
              agent.enforcer().enforced(),
              log,
              world.clock(),
              ControlPlaneClient.DEFAULT_BEAT));
      serve(
          agent,
          settings,
          "managed by " + endpoint,
          () -> log.warn("", "ignored SIGHUP: the policies of this node come from " + endpoint));
    } catch (DatapathException e) {
      throw datapathFailure(e);
    }
  }

  private NodeAgent open(Settings settings, AgentLock.Mode mode, AgentLog log)
      throws IOException, DatapathException, InterruptedException {
    CheckReport report = HostCheck.run(settings.cgroup(), settings.pinDir());
    if (!report.fit()) {
      throw new CommandFailure(ExitCode.FAILED, refusal(report));
    }
    try {
      return NodeAgent.open(world, settings, mode, log);
    } catch (AgentRunningException e) {
      throw CommandFailure.failed(String.valueOf(e.getMessage()));
    }
  }

  private static List<String> refusal(CheckReport report) {
    var lines = new ArrayList<>(report.refusals());
    lines.add("Shunt refuses to accelerate on this machine; traffic flows by TCP as before");
    return lines;
  }

  private void serve(NodeAgent agent, Settings settings, String mode, Runnable reload)
      throws IOException, DatapathException, InterruptedException {
    var signals = new Signals();
    signals.listen();
    agent.serveLocally(new LocalApi(agent, settings, signals));
    agent.serveMetrics();
    world.out().println("shunt-node ready: " + agent.summary() + ", " + mode);
    while (signals.await() == Signals.Request.RELOAD) {
      reload.run();
    }
    if (settings.uninstallOnStop()) {
      world.out().println("shunt-node stopped: uninstalling");
      return;
    }
    world
        .out()
        .println(
            "shunt-node stopped: acceleration stays in place ("
                + agent.summary()
                + "), Settled policies enrol nobody new until the next run; shunt-node uninstall"
                + " removes it");
  }

  private static void reload(NodeAgent agent, PolicyFiles files, AgentLog log) {
    try {
      agent.apply(files.read());
    } catch (CommandFailure e) {
      e.lines().forEach(line -> log.error("", line + "; what was enforced before still is"));
    }
  }

  private static @Nullable String token(Settings settings) throws IOException {
    Path file = settings.joinTokenFile();
    if (file == null) {
      return settings.joinToken();
    }
    String token = Files.readString(file).strip();
    if (token.isEmpty()) {
      throw new IOException("the join token file " + file + " is empty");
    }
    return token;
  }

  static CommandFailure datapathFailure(DatapathException e) {
    return CommandFailure.failed(String.valueOf(e.getMessage()), e);
  }

  private Map<Setting, String> options() {
    var values = new EnumMap<Setting, String>(Setting.class);
    common.addTo(values);
    CommonOptions.put(values, Setting.CONTROL_PLANE, controlPlane);
    CommonOptions.put(values, Setting.NODE_ID, nodeId);
    CommonOptions.put(values, Setting.JOIN_TOKEN, joinToken);
    CommonOptions.put(values, Setting.JOIN_TOKEN_FILE, joinTokenFile);
    CommonOptions.put(values, Setting.CA_FILE, caFile);
    CommonOptions.put(values, Setting.TRUSTED_PROGRAMS, trustedPrograms);
    CommonOptions.put(values, Setting.CPU_PERCENT, cpuPercent);
    CommonOptions.put(values, Setting.PLAINTEXT, plaintext ? "true" : null);
    CommonOptions.put(values, Setting.METRICS_PORT, metricsPort);
    CommonOptions.put(values, Setting.UNINSTALL_ON_STOP, uninstallOnStop ? "true" : null);
    if (!labels.isEmpty()) {
      var pairs = new StringBuilder();
      labels.forEach((key, value) -> pairs.append(key).append('=').append(value).append(','));
      values.put(Setting.LABELS, pairs.toString());
    }
    return values;
  }
}
