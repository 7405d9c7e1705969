package dev.shunt.node.cli;

import dev.shunt.node.agent.AgentLock;
import dev.shunt.node.agent.LocalClient;
import dev.shunt.node.agent.RunFolder;
import dev.shunt.node.datapath.DatapathException;
import dev.shunt.node.datapath.DatapathInspection;
import dev.shunt.node.json.Json;
import dev.shunt.node.json.JsonObject;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code shunt-node status}: reads the pins, so it works with and without an agent. */
@Command(
    name = "status",
    description =
        "Show what is accelerated, and for what is not, the reason; works without an agent.")
final class StatusCommand implements Callable<Integer> {

  private final World world;

  @Mixin CommonOptions common = new CommonOptions();

  @Option(names = "--json", description = "One JSON object on one line.")
  boolean json;

  StatusCommand(World world) {
    this.world = world;
  }

  @Override
  public Integer call() throws IOException {
    StatusView view = look(common.settings(world));
    if (json) {
      world.out().println(Json.write(view.json()));
    } else {
      view.text().forEach(world.out()::println);
    }
    return ExitCode.OK.number();
  }

  private StatusView look(Settings settings) throws IOException {
    DatapathInspection inspection;
    try {
      inspection = new Installation(world.installer(), settings).inspect();
    } catch (DatapathException e) {
      throw RunCommand.datapathFailure(e);
    }
    RunFolder folder = settings.runFolder();
    AgentLock.@Nullable Holder holder = AgentLock.holder(folder);
    if (holder == null) {
      return new StatusView(inspection, settings.pinDir(), null, "");
    }
    try {
      JsonObject agent = LocalClient.ask(folder, Map.of("op", LocalApi.STATUS));
      return new StatusView(inspection, settings.pinDir(), agent, "");
    } catch (IOException e) {
      var known = new JsonObject(Map.of("pid", holder.pid(), "mode", holder.mode().word()));
      return new StatusView(
          inspection,
          settings.pinDir(),
          known,
          "the agent (pid %d) does not answer: %s".formatted(holder.pid(), e.getMessage()));
    }
  }
}
