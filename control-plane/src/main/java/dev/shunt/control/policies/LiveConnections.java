package dev.shunt.control.policies;

import dev.shunt.control.insight.FlowView;
import dev.shunt.control.insight.Insights;
import dev.shunt.control.insight.SeenFlow;
import dev.shunt.control.web.ApiProblem;
import dev.shunt.policy.IpAddress;
import dev.shunt.policy.match.SocketView;
import dev.shunt.policy.observe.FlowEnd;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Finds connections among those that nodes reported. */
@Component
class LiveConnections {

  private final Insights insights;

  LiveConnections(Insights insights) {
    this.insights = insights;
  }

  /** Those that both ends see just so. */
  List<FlowView> alike(String node, SocketView client, SocketView server) {
    return insights.seenOf(node).flows().stream()
        .filter(seen -> client.equals(view(seen.flow().client())))
        .filter(seen -> server.equals(view(seen.flow().server())))
        .map(FlowView::of)
        .toList();
  }

  /** The flow that the connection of this client belongs to. */
  SeenFlow find(String node, String client) {
    int colon = client.lastIndexOf(':');
    IpAddress address;
    int port;
    try {
      address = IpAddress.parse(client.substring(0, Math.max(0, colon)).replaceAll("[\\[\\]]", ""));
      port = Integer.parseInt(client.substring(colon + 1));
    } catch (IllegalArgumentException e) {
      throw ApiProblem.badRequest(
          "expected live to be address:port of a client, found \"" + client + "\"");
    }
    Insights.Seen seen = insights.seenOf(node);
    return seen.flows().stream()
        .filter(flow -> flow.flow().clientPorts().contains(port))
        .filter(flow -> flow.flow().anyEnd().view().client().equals(address))
        .findFirst()
        .orElseThrow(
            () ->
                ApiProblem.notFound(
                    seen.since() == null
                        ? "node " + node + " has reported no connections since the server started"
                        : "expected the client of a connection that node "
                            + node
                            + " reported, found \""
                            + client
                            + "\"; of many alike a report names only a few, and shunt-node explain"
                            + " --live on the node knows every one"));
  }

  static @Nullable SocketView view(@Nullable FlowEnd end) {
    return end == null ? null : end.view();
  }
}
