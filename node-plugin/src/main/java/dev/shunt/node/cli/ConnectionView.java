package dev.shunt.node.cli;

import dev.shunt.node.datapath.Connection;
import dev.shunt.node.datapath.LiveConnection;
import dev.shunt.node.datapath.LiveConnection.End;
import dev.shunt.node.datapath.LiveConnection.Peer;
import dev.shunt.node.datapath.Reason;
import dev.shunt.policy.IpAddress;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One connection, as JSON and as a row for people. */
record ConnectionView(LiveConnection connection) {
  static final List<String> TITLES =
      Human.row(
          "VERDICT",
          "REASON",
          "POLICY",
          "CLIENT",
          "SERVER",
          "AGE",
          "CLIENT SENT",
          "SERVER SENT",
          "NETNS",
          "CGROUP");

  private static final String NOTHING = "-";

  /** Why it is not accelerated, or what its ends send is not redirected at present. */
  Set<Reason> reasons() {
    Set<Reason> reasons = EnumSet.noneOf(Reason.class);
    Reason why = owner().reason();
    if (why != null) {
      reasons.add(why);
    }
    for (End end : ends()) {
      Reason fallback = fallback(end);
      if (fallback != null) {
        reasons.add(fallback);
      }
    }
    return reasons;
  }

  Map<String, @Nullable Object> json() {
    var json = new LinkedHashMap<String, @Nullable Object>();
    Reason why = owner().reason();
    json.put("verdict", verdict());
    json.put("reason", why == null ? null : why.wireName());
    json.put("sentence", why == null ? null : Reasons.sentence(why));
    json.put("policy", owner().policy());
    json.put("ageMillis", owner().age().toMillis());
    json.put("peer", word(connection.peer()));
    json.put("client", json(owner().clientAddress(), owner().clientPort(), connection.client()));
    json.put("server", json(owner().serverAddress(), owner().serverPort(), connection.server()));
    return json;
  }

  List<String> row() {
    String policy = owner().policy();
    return Human.row(
        verdict().replace('_', ' '),
        reasonText(),
        policy == null ? NOTHING : policy,
        address(owner().clientAddress(), owner().clientPort()),
        address(owner().serverAddress(), owner().serverPort()),
        Human.age(owner().age()),
        sent(connection.client()),
        sent(connection.server()),
        both(end -> Integer.toUnsignedString(end.socket().networkNamespace())),
        both(
            end ->
                end.cgroup() == null
                    ? "(cgroup " + Long.toUnsignedString(end.socket().cgroupId()) + ")"
                    : end.cgroup()));
  }

  private Connection owner() {
    return connection.owner();
  }

  private List<End> ends() {
    var ends = new ArrayList<End>();
    if (connection.client() != null) {
      ends.add(connection.client());
    }
    if (connection.server() != null) {
      ends.add(connection.server());
    }
    return ends;
  }

  private String verdict() {
    if (owner().accelerated()) {
      return "accelerated";
    }
    return owner().reason() == null ? "undecided" : "plain_tcp";
  }

  private String reasonText() {
    Reason why = owner().reason();
    if (why != null) {
      return why.wireName();
    }
    var words = new ArrayList<String>();
    for (End end : ends()) {
      Reason fallback = fallback(end);
      if (fallback != null) {
        words.add((end.socket().client() ? "client: " : "server: ") + fallback.wireName());
      }
    }
    return words.isEmpty() ? NOTHING : String.join(", ", words);
  }

  /** What a connection that is not accelerated sends goes by TCP for the connection's reason. */
  private @Nullable Reason fallback(End end) {
    return owner().accelerated() ? end.socket().directionReason() : null;
  }

  private Map<String, @Nullable Object> json(InetAddress address, int port, @Nullable End end) {
    var json = new LinkedHashMap<String, @Nullable Object>();
    json.put("address", text(address));
    json.put("port", port);
    if (end != null) {
      Connection socket = end.socket();
      Reason fallback = fallback(end);
      json.put("cgroup", end.cgroup());
      json.put("cgroupId", socket.cgroupId());
      json.put("networkNamespace", Integer.toUnsignedLong(socket.networkNamespace()));
      json.put("redirectedBytes", socket.redirectedBytes());
      json.put("redirectedMessages", socket.redirectedMessages());
      json.put("tcpBytes", socket.tcpBytes());
      json.put("sendsByTcpFor", fallback == null ? null : fallback.wireName());
    }
    return json;
  }

  private static String sent(@Nullable End end) {
    if (end == null) {
      return "unknown";
    }
    Connection socket = end.socket();
    String byTcp = Human.bytes(socket.tcpBytes()) + " by TCP";
    if (socket.redirectedBytes() == 0) {
      return byTcp;
    }
    String redirected = Human.bytes(socket.redirectedBytes());
    return socket.tcpBytes() == 0 ? redirected : redirected + " + " + byTcp;
  }

  /** What is the same at both ends once, else the client's and the server's. */
  private String both(Function<End, String> what) {
    String client = atEnd(connection.client(), what);
    String server = atEnd(connection.server(), what);
    return Objects.equals(client, server) ? client : client + " → " + server;
  }

  private String atEnd(@Nullable End end, Function<End, String> what) {
    return end == null ? word(connection.peer()) : what.apply(end);
  }

  private static String word(Peer peer) {
    return peer.name().toLowerCase(Locale.ROOT);
  }

  private static String address(InetAddress address, int port) {
    String text = text(address);
    return (text.indexOf(':') < 0 ? text : "[" + text + "]") + ":" + port;
  }

  private static String text(InetAddress address) {
    return IpAddress.of(address.getAddress()).toString();
  }
}
