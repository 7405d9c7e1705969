package dev.shunt.node.datapath;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Ends brought together to connections.
 *
 * @param counted one for each connection that the counters hold as live
 * @param alone ends of connections that are not counted yet, because their other end, which would
 *     account for them, was not found
 */
public record LiveConnections(List<LiveConnection> counted, int alone) {

  public LiveConnections {
    counted = List.copyOf(counted);
  }

  /** Reads the names of cgroups from this host. */
  public static LiveConnections of(List<Connection> ends) {
    return of(ends, CgroupPaths.ofThisHost()::path);
  }

  static LiveConnections of(List<Connection> ends, LongFunction<@Nullable String> cgroups) {
    Map<Long, Connection> byCookie = new HashMap<>();
    Map<Long, Connection> byPeer = new HashMap<>();
    for (Connection end : ends) {
      byCookie.put(end.cookie(), end);
      if (end.peerCookie() != 0) {
        byPeer.put(end.peerCookie(), end);
      }
    }
    List<LiveConnection> counted = new ArrayList<>();
    int alone = ends.size();
    for (Connection end : ends) {
      if (end.owner()) {
        Connection peer = byCookie.getOrDefault(end.peerCookie(), byPeer.get(end.cookie()));
        // Two ends of one side are not a connection, and two owners are two connections.
        if (peer != null && (peer.client() == end.client() || peer.owner())) {
          peer = null;
        }
        counted.add(connection(end, peer, cgroups));
        alone -= peer == null ? 1 : 2;
      }
    }
    return new LiveConnections(counted, alone);
  }

  private static LiveConnection connection(
      Connection owner, @Nullable Connection peer, LongFunction<@Nullable String> cgroups) {
    LiveConnection.End own = new LiveConnection.End(owner, cgroups.apply(owner.cgroupId()));
    LiveConnection.End other =
        peer == null ? null : new LiveConnection.End(peer, cgroups.apply(peer.cgroupId()));
    return new LiveConnection(
        owner, owner.client() ? own : other, owner.client() ? other : own, where(owner, peer));
  }

  private static LiveConnection.Peer where(Connection owner, @Nullable Connection peer) {
    if (peer != null) {
      return LiveConnection.Peer.LOCAL;
    }
    if (owner.reason() == Reason.REMOTE_PEER) {
      return LiveConnection.Peer.REMOTE;
    }
    return owner.reason() == Reason.PEER_NOT_CONSENTING
        ? LiveConnection.Peer.UNMATCHED
        : LiveConnection.Peer.UNKNOWN;
  }
}
