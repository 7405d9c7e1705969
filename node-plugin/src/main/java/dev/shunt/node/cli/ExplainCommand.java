package dev.shunt.node.cli;

import dev.shunt.node.datapath.DatapathException;
import dev.shunt.policy.IpAddress;
import dev.shunt.policy.match.PolicyMatcher;
import dev.shunt.policy.match.SocketView;
import dev.shunt.policy.observe.Flow;
import dev.shunt.policy.observe.FlowEnd;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code shunt-node explain}: which policy and which line of it decides about a connection. */
@Command(
    name = "explain",
    description =
        "Tell which policy, and which line of it, decides about a connection: one that is open"
            + " (--live), or one that might be (--client, --server, --port, --cgroup).")
final class ExplainCommand implements Callable<Integer> {

  private static final int MOST_SHOWN = 5;

  private final World world;

  @Mixin CommonOptions common = new CommonOptions();

  @Option(
      names = "--live",
      paramLabel = "CLIENT:PORT",
      description = "Open connections of this client, for example 127.0.0.1:41234 or :41234.")
  @Nullable String live;

  @Option(names = "--client", paramLabel = "ADDRESS", description = "Address of the client.")
  @Nullable String client;

  @Option(names = "--server", paramLabel = "ADDRESS", description = "Address of the server.")
  @Nullable String server;

  @Option(names = "--port", paramLabel = "PORT", description = "Port of the server.")
  int port;

  @Option(
      names = "--client-cgroup",
      paramLabel = "PATH",
      description = "cgroup of the client's socket, below the hierarchy's root.")
  @Nullable String clientCgroup;

  @Option(
      names = "--server-cgroup",
      paramLabel = "PATH",
      description = "cgroup of the server's socket (default: the client's).")
  @Nullable String serverCgroup;

  ExplainCommand(World world) {
    this.world = world;
  }

  @Override
  public Integer call() {
    CarriedPolicies carried = CarriedPolicies.of(world, common.settings(world));
    PolicyMatcher matcher = new PolicyMatcher(carried.policies());
    if (live != null) {
      explainLive(live, carried, matcher);
    } else {
      explainHypothetical(matcher);
    }
    return ExitCode.OK.number();
  }

  private void explainHypothetical(PolicyMatcher matcher) {
    if (client == null || server == null || port == 0 || clientCgroup == null) {
      throw CommandFailure.invalid(
          "expected --live CLIENT:PORT, or all of --client, --server, --port and --client-cgroup");
    }
    String atServer = serverCgroup == null ? clientCgroup : serverCgroup;
    try {
      SocketView from = SocketView.of(port, client, server, clientCgroup);
      SocketView to = SocketView.of(port, client, server, atServer);
      new ExplanationText(matcher).hypothetical(from, to).forEach(world.out()::println);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.invalid(String.valueOf(e.getMessage()));
    }
  }

  private void explainLive(String asked, CarriedPolicies carried, PolicyMatcher matcher) {
    List<Flow> found = new ArrayList<>();
    for (Flow flow : flows(carried)) {
      if (isAskedFor(flow, asked)) {
        found.add(flow);
      }
    }
    if (found.isEmpty()) {
      throw CommandFailure.failed(
          "no open connection has the client %s; shunt-node status counts what there is"
              .formatted(asked));
    }
    if (found.size() > MOST_SHOWN) {
      world.out().println("%d connections fit; the first %d:".formatted(found.size(), MOST_SHOWN));
    }
    var text = new ExplanationText(matcher);
    found.stream()
        .limit(MOST_SHOWN)
        .flatMap(flow -> text.live(flow).stream())
        .forEach(world.out()::println);
  }

  private List<Flow> flows(CarriedPolicies carried) {
    try {
      return world.installer().flows(carried.options());
    } catch (DatapathException e) {
      throw RunCommand.datapathFailure(e);
    }
  }

  private static boolean isAskedFor(Flow flow, String asked) {
    int colon = asked.lastIndexOf(':');
    String address = asked.substring(0, Math.max(0, colon)).replaceAll("[\\[\\]]", "");
    try {
      int clientPort = Integer.parseInt(asked.substring(colon + 1));
      IpAddress wanted = address.isEmpty() ? null : IpAddress.parse(address);
      return flow.clientPorts().contains(clientPort)
          && (wanted == null
              || Stream.of(flow.client(), flow.server()).anyMatch(end -> has(end, wanted)));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.invalid(
          "expected --live ADDRESS:PORT of the client, found \"%s\"".formatted(asked));
    }
  }

  private static boolean has(@Nullable FlowEnd end, IpAddress client) {
    return end != null && end.view().client().equals(client);
  }
}
