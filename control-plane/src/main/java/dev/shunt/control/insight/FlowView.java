package dev.shunt.control.insight;

import dev.shunt.policy.match.SocketView;
import dev.shunt.policy.observe.Flow;
import dev.shunt.policy.observe.FlowEnd;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Connections that policies cannot tell apart, as the API shows them.
 *
 * @param client null when that end is not on the node
 * @param server null when that end is not on the node
 * @param verdict {@code accelerated}, the reason why not, {@code undecided}, or {@code unmatched}
 *     when no policy matches either end
 * @param would what a policy with mode Observe found would become of them under Enforce; null when
 *     nobody tried
 * @param open connections open at the node's last report
 * @param mostOpen at any report within the last hour
 * @param clientPorts of some of them
 */
public record FlowView(
    String node,
    @Nullable End client,
    @Nullable End server,
    String verdict,
    @Nullable String would,
    int open,
    int mostOpen,
    List<Integer> clientPorts,
    Instant lastSeen) {

  /**
   * A connection as one of its sockets sees it.
   *
   * @param obstacles what about this socket speaks against acceleration
   */
  @io.swagger.v3.oas.annotations.media.Schema(name = "FlowEnd")
  public record End(String client, String server, int port, String cgroup, List<String> obstacles) {

    static @Nullable End of(@Nullable FlowEnd end) {
      if (end == null) {
        return null;
      }
      SocketView view = end.view();
      return new End(
          view.client().toString(),
          view.server().toString(),
          view.serverPort(),
          view.cgroup().toString(),
          List.copyOf(end.obstacles()));
    }
  }

  public static FlowView of(SeenFlow seen) {
    Flow flow = seen.flow();
    return new FlowView(
        seen.node(),
        End.of(flow.client()),
        End.of(flow.server()),
        flow.verdict(),
        flow.would(),
        seen.openNow(),
        flow.open(),
        flow.clientPorts(),
        seen.lastSeen());
  }
}
