package dev.shunt.node.datapath;

import dev.shunt.policy.CgroupPath;
import dev.shunt.policy.InvalidValueException;
import dev.shunt.policy.match.SocketView;
import dev.shunt.policy.observe.Flow;
import dev.shunt.policy.observe.FlowEnd;
import dev.shunt.policy.observe.Observation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** Brings sockets together to connections, and connections to flows. */
final class FlowReader {
  private final CgroupPaths cgroups;
  private final CgroupPath watched;
  private final LongFunction<@Nullable String> outcomeOfCookie;
  private final List<FlowSocket> sockets = new ArrayList<>();
  private final Map<Long, FlowSocket> byCookie = new HashMap<>();
  private final Map<FlowSocket.Tuple, List<FlowSocket>> byTuple = new HashMap<>();

  /**
   * @param watched connections without an end in it, or below it, are nobody's business here
   * @param outcomeOfCookie what mode Observe knows of a connection, by the cookie of an end
   */
  FlowReader(
      CgroupPaths cgroups, CgroupPath watched, LongFunction<@Nullable String> outcomeOfCookie) {
    this.cgroups = cgroups;
    this.watched = watched;
    this.outcomeOfCookie = outcomeOfCookie;
  }

  void add(FlowSocket socket) {
    sockets.add(socket);
    if (socket.cookie() != 0) {
      byCookie.put(socket.cookie(), socket);
    }
    byTuple.computeIfAbsent(socket.tuple(), tuple -> new ArrayList<>()).add(socket);
  }

  /** Each connection by itself. */
  List<Flow> connections() {
    List<Flow> connections = new ArrayList<>();
    Set<FlowSocket> done = new HashSet<>();
    for (FlowSocket socket : sockets) {
      if (done.add(socket)) {
        FlowSocket peer = peer(socket);
        Flow flow = flow(socket, peer == null || done.add(peer) ? peer : null);
        if (isWatched(flow.client()) || isWatched(flow.server())) {
          connections.add(flow);
        }
      }
    }
    return connections;
  }

  private boolean isWatched(@Nullable FlowEnd end) {
    List<String> folders = watched.components();
    return end != null
        && end.view().cgroup().components().size() >= folders.size()
        && end.view().cgroup().components().subList(0, folders.size()).equals(folders);
  }

  FlowSample sample(int mostFlows) {
    Map<Flow.Key, Flow> flows = new LinkedHashMap<>();
    connections().forEach(flow -> flows.merge(flow.key(), flow, Flow::plus));
    List<Flow> sorted =
        flows.values().stream()
            .sorted(Comparator.comparing(Flow::isLocal).thenComparing(Flow::open).reversed())
            .limit(mostFlows)
            .toList();
    return new FlowSample(sorted, sockets.size(), flows.size() > mostFlows);
  }

  /** The other end: by what the datapath knows, else the one with the same tuple. */
  private @Nullable FlowSocket peer(FlowSocket socket) {
    if (socket.peerCookie() != 0) {
      return byCookie.get(socket.peerCookie());
    }
    FlowSocket found = null;
    for (FlowSocket other : byTuple.getOrDefault(socket.tuple(), List.of())) {
      boolean fits =
          other.has(FlowSocket.CLIENT) != socket.has(FlowSocket.CLIENT)
              && (!socket.tuple().isLoopback()
                  || other.networkNamespace() == socket.networkNamespace());
      if (fits && found != null) {
        return null; // two candidates: rather none than the wrong one
      }
      found = fits ? other : found;
    }
    return found;
  }

  private Flow flow(FlowSocket socket, @Nullable FlowSocket peer) {
    boolean isClient = socket.has(FlowSocket.CLIENT);
    FlowSocket client = isClient ? socket : peer;
    FlowSocket server = isClient ? peer : socket;
    return new Flow(
        client == null ? null : end(client),
        server == null ? null : end(server),
        verdict(socket, peer),
        outcome(socket, peer),
        1,
        List.of(socket.tuple().clientPort()));
  }

  private static String verdict(FlowSocket socket, @Nullable FlowSocket peer) {
    boolean matched = false;
    for (FlowSocket end : peer == null ? List.of(socket) : List.of(socket, peer)) {
      if (end.has(FlowSocket.OWNER)) {
        return ObservationReader.word(end.verdict());
      }
      matched |= end.has(FlowSocket.MATCHED);
    }
    return matched ? Observation.UNDECIDED : Flow.UNMATCHED;
  }

  private @Nullable String outcome(FlowSocket socket, @Nullable FlowSocket peer) {
    for (FlowSocket end : peer == null ? List.of(socket) : List.of(socket, peer)) {
      if (end.has(FlowSocket.OBSERVED) && end.cookie() != 0) {
        String outcome = outcomeOfCookie.apply(end.cookie());
        if (outcome != null) {
          return outcome;
        }
      }
    }
    return null;
  }

  private FlowEnd end(FlowSocket socket) {
    Set<String> obstacles = new TreeSet<>();
    for (Reason reason : Reason.values()) {
      if ((socket.obstacles() & 1 << reason.verdict()) != 0) {
        obstacles.add(reason.wireName());
      }
    }
    FlowSocket.Tuple tuple = socket.tuple();
    return new FlowEnd(
        new SocketView(tuple.serverPort(), tuple.client(), tuple.server(), cgroup(socket.cgroup())),
        new TreeSet<>(obstacles));
  }

  private CgroupPath cgroup(long id) {
    String path = cgroups.path(id);
    try {
      return path == null ? unknown(id) : CgroupPath.parse(path);
    } catch (InvalidValueException e) {
      return unknown(id); // a folder whose name no policy can say, for example with an asterisk
    }
  }

  /** No policy but one for every cgroup matches it. */
  private static CgroupPath unknown(long id) {
    return new CgroupPath(List.of("(cgroup " + id + ")"));
  }
}
