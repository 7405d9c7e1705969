package dev.shunt.node.cli;

import dev.shunt.node.datapath.DatapathException;
import dev.shunt.node.datapath.DatapathInspection;
import dev.shunt.node.datapath.LiveConnection;
import dev.shunt.node.datapath.LiveConnections;
import dev.shunt.node.datapath.Reason;
import dev.shunt.node.json.Json;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code shunt-node connections}: reads the pins, so it works with and without an agent. */
@Command(
    name = "connections",
    description =
        "List live connections that a policy matched: accelerated or why not, by which policy, bytes each way, cgroup and network namespace; works without an agent.")
final class ConnectionsCommand implements Callable<Integer> {

  private final World world;

  @Mixin CommonOptions common = new CommonOptions();

  @Option(
      names = "--policy",
      paramLabel = "NAME",
      description = "Only connections that this policy counts.")
  @Nullable String policy;

  @Option(
      names = "--reason",
      paramLabel = "CODE",
      description =
          "Only connections that are not accelerated for this reason, or have an end that sends by TCP for it at present; for example blocking_socket.")
  @Nullable String reason;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Only the N connections with most bytes (default: all).")
  int limit = Integer.MAX_VALUE;

  @Option(names = "--json", description = "One JSON object on a line for each connection.")
  boolean json;

  ConnectionsCommand(World world) {
    this.world = world;
  }

  @Override
  public Integer call() {
    Reason wanted = reason == null ? null : parse(reason);
    if (limit < 1) {
      throw CommandFailure.invalid("expected --limit of 1 or more, found " + limit);
    }
    LiveConnections live = look(common.settings(world));
    List<ConnectionView> fitting =
        live.counted().stream()
            .filter(connection -> policy == null || policy.equals(connection.owner().policy()))
            .sorted(Comparator.comparingLong(LiveConnection::bytes).reversed())
            .map(ConnectionView::new)
            .filter(view -> wanted == null || view.reasons().contains(wanted))
            .toList();
    List<ConnectionView> shown = fitting.stream().limit(limit).toList();
    if (json) {
      shown.forEach(view -> world.out().println(Json.write(view.json())));
    } else {
      new ConnectionTable(shown, fitting.size(), live).lines().forEach(world.out()::println);
    }
    return ExitCode.OK.number();
  }

  private static Reason parse(String code) {
    for (Reason known : Reason.values()) {
      if (known.wireName().equals(code)) {
        return known;
      }
    }
    throw CommandFailure.invalid(
        "expected --reason with one of %s, found \"%s\""
            .formatted(
                Arrays.stream(Reason.values())
                    .map(Reason::wireName)
                    .collect(Collectors.joining(", ")),
                code));
  }

  private LiveConnections look(Settings settings) {
    try {
      var installation = new Installation(world.installer(), settings);
      DatapathInspection inspection = installation.inspect();
      if (inspection.presence() == DatapathInspection.Presence.ABSENT) {
        throw CommandFailure.failed(
            "nothing is installed at %s; start the agent with shunt-node run"
                .formatted(settings.pinDir()));
      }
      if (inspection.status() == null) {
        // Records of another layout cannot be read.
        throw CommandFailure.failed(
            String.join("; ", new StatusView(inspection, settings.pinDir(), null, "").problems()));
      }
      return LiveConnections.of(world.installer().connections(installation.options()));
    } catch (DatapathException e) {
      throw RunCommand.datapathFailure(e);
    }
  }
}
