package dev.shunt.control.nodes;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known about one node. Immutable.
 *
 * @param lastSeen when it last said anything; null when it joined but never connected
 * @param applied what its maps hold, as it told
 * @param rejection what it refused since its last ack, or null
 * @param drift digest its maps held when it acknowledged something else, or null
 * @param connected whether it has a stream now
 * @param report what it told last about its datapath, or null since the server started
 */
record Node(
    String id,
    Map<String, String> labels,
    Instant joinedAt,
    @Nullable Instant lastSeen,
    String agentVersion,
    String kernelRelease,
    Applied applied,
    @Nullable Rejection rejection,
    @Nullable String drift,
    boolean connected,
    @Nullable NodeReport report) {

  /**
   * @param revision 0 for none
   * @param digest empty for none
   * @param at when the node confirmed it, or null
   */
  record Applied(long revision, String digest, @Nullable Instant at) {
    static final Applied NOTHING = new Applied(0, "", null);
  }

  Node {
    labels = Map.copyOf(labels);
  }

  static Node joined(String id, Map<String, String> labels, Instant now) {
    return new Node(id, labels, now, null, "", "", Applied.NOTHING, null, null, false, null);
  }

  Node connected(
      Map<String, String> labels,
      String agentVersion,
      String kernelRelease,
      Applied applied,
      Instant now) {
    return new Node(
        id,
        labels,
        joinedAt,
        now,
        agentVersion,
        kernelRelease,
        applied,
        rejection,
        null,
        true,
        report);
  }

  Node disconnected() {
    return new Node(
        id,
        labels,
        joinedAt,
        lastSeen,
        agentVersion,
        kernelRelease,
        applied,
        rejection,
        drift,
        false,
        report);
  }

  Node seen(Instant now) {
    return new Node(
        id,
        labels,
        joinedAt,
        now,
        agentVersion,
        kernelRelease,
        applied,
        rejection,
        drift,
        connected,
        report);
  }

  Node applied(Applied applied, @Nullable String drift) {
    return new Node(
        id,
        labels,
        joinedAt,
        lastSeen,
        agentVersion,
        kernelRelease,
        applied,
        null,
        drift,
        connected,
        report);
  }

  Node rejected(@Nullable Rejection rejection) {
    return new Node(
        id,
        labels,
        joinedAt,
        lastSeen,
        agentVersion,
        kernelRelease,
        applied,
        rejection,
        drift,
        connected,
        report);
  }

  Node reported(NodeReport report) {
    return new Node(
        id,
        labels,
        joinedAt,
        lastSeen,
        agentVersion,
        kernelRelease,
        applied,
        rejection,
        drift,
        connected,
        report);
  }
}
