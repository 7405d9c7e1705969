package dev.shunt.node.cli;

import dev.shunt.node.agent.AgentLock;
import dev.shunt.node.agent.AgentRunningException;
import dev.shunt.node.agent.LocalClient;
import dev.shunt.node.datapath.DatapathException;
import dev.shunt.node.datapath.UninstallReport;
import dev.shunt.node.store.CredentialStore;
import dev.shunt.node.store.PolicyStore;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code shunt-node uninstall}: removes programs, maps, links and state; connections live on. */
@Command(
    name = "uninstall",
    description =
        "Remove every program, map and link of Shunt from this node, and its state; live connections go on.")
final class UninstallCommand implements Callable<Integer> {

  private static final Duration STOP_LIMIT = Duration.ofSeconds(15);

  private final World world;

  @Mixin CommonOptions common = new CommonOptions();

  @Option(names = "--stop", description = "Stop a running agent first.")
  boolean stop;

  @Option(names = "--keep-state", description = "Keep the last good policy and the credential.")
  boolean keepState;

  UninstallCommand(World world) {
    this.world = world;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Settings settings = common.settings(world);
    endAgent(settings);
    AgentLock lock;
    try {
      lock = AgentLock.take(settings.runFolder(), AgentLock.Mode.STANDALONE);
    } catch (AgentRunningException e) {
      throw CommandFailure.failed(String.valueOf(e.getMessage()));
    }
    try {
      remove(settings);
    } finally {
      lock.removeAndClose();
    }
    return ExitCode.OK.number();
  }

  private void remove(Settings settings) throws IOException {
    UninstallReport report;
    try {
      report = world.installer().uninstall(new Installation(world.installer(), settings).options());
    } catch (DatapathException e) {
      throw RunCommand.datapathFailure(e);
    }
    if (report.nothingWasInstalled()) {
      world.out().println("nothing was installed at " + settings.pinDir());
    } else {
      print(settings, report);
    }
    if (!keepState) {
      deleteState(settings);
    }
  }

  private void print(Settings settings, UninstallReport report) {
    world
        .out()
        .printf(
            "removed %d pins from %s: %s%n",
            report.removed().size(), settings.pinDir(), String.join(" ", report.removed()));
    world
        .out()
        .println(
            report.acceleratedLive() == 0
                ? "every connection is plain TCP again; live connections continue"
                : ("live connections continue; %d of them still hold redirected data that nobody has read: they lose"
                        + " nothing, and the kernel frees their programs when they close")
                    .formatted(report.acceleratedLive()));
  }

  private void deleteState(Settings settings) throws IOException {
    var policy = new PolicyStore(settings.stateDir());
    if (policy.delete()) {
      world.out().println("removed " + policy.path());
    }
    var credential = new CredentialStore(settings.stateDir());
    if (credential.delete()) {
      world.out().println("removed " + credential.path());
    }
    try {
      Files.deleteIfExists(settings.stateDir());
    } catch (DirectoryNotEmptyException e) {
      // Somebody keeps something else there; it is not Shunt's to remove.
    }
  }

  private void endAgent(Settings settings) throws IOException, InterruptedException {
    AgentLock.@Nullable Holder holder = AgentLock.holder(settings.runFolder());
    if (holder == null) {
      return;
    }
    if (!stop) {
      throw CommandFailure.failed(
          "a shunt-node agent (pid %d, %s) runs on %s; stop it first, or uninstall with --stop"
              .formatted(holder.pid(), holder.mode().word(), settings.pinDir()));
    }
    LocalClient.ask(settings.runFolder(), Map.of("op", LocalApi.STOP));
    long deadline = System.nanoTime() + STOP_LIMIT.toNanos();
    while (AgentLock.holder(settings.runFolder()) != null) {
      if (System.nanoTime() > deadline) {
        throw CommandFailure.failed(
            "the agent (pid %d) was asked to stop and has not after %d s; look at its log, then try again"
                .formatted(holder.pid(), STOP_LIMIT.toSeconds()));
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    world.out().println("stopped the agent (pid " + holder.pid() + ")");
  }
}
