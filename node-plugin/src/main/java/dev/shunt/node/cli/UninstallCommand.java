package dev.shunt.node.cli;

import dev.shunt.node.agent.AgentLock;
import dev.shunt.node.agent.LocalClient;
import java.io.IOException;
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
    new Uninstallation(world, settings).run(keepState);
    return ExitCode.OK.number();
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
