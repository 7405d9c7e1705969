package dev.shunt.policy.observe;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Open connections of one node that policies cannot tell apart: same addresses, server port and
 * cgroups, used alike, and treated alike.
 *
 * @param client null when that end is not on the node
 * @param server null when that end is not on the node
 * @param verdict {@value Observation#ACCELERATED}, the reason why not, {@value
 *     Observation#UNDECIDED}, or {@value #UNMATCHED}
 * @param would what a policy with mode Observe found would become of them under Enforce; null when
 *     nobody tried
 * @param open how many are open
 * @param clientPorts of some of them
 */
public record Flow(
    @Nullable FlowEnd client,
    @Nullable FlowEnd server,
    String verdict,
    @Nullable String would,
    int open,
    List<Integer> clientPorts) {

  /** No policy matches either end, so the datapath never looked at them. */
  public static final String UNMATCHED = "unmatched";

  private static final int MOST_PORTS = 4;

  public Flow {
    if (client == null && server == null) {
      throw new IllegalArgumentException("expected at least one end on the node, found none");
    }
    clientPorts = List.copyOf(clientPorts);
  }

  /** The ends of a connection and how it is treated, which is what groups connections. */
  public record Key(
      @Nullable FlowEnd client, @Nullable FlowEnd server, String verdict, @Nullable String would) {}

  public Key key() {
    return new Key(client, server, verdict, would);
  }

  /** Whether both ends are on the node. */
  public boolean isLocal() {
    return client != null && server != null;
  }

  /** The end to name when only one is known. */
  public FlowEnd anyEnd() {
    return Objects.requireNonNull(server == null ? client : server);
  }

  /** The same flow with the connections of another listing of the same moment. */
  public Flow plus(Flow other) {
    List<Integer> ports = new java.util.ArrayList<>(clientPorts);
    other.clientPorts.stream().limit(Math.max(0, MOST_PORTS - ports.size())).forEach(ports::add);
    return new Flow(client, server, verdict, would, open + other.open, ports);
  }
}
