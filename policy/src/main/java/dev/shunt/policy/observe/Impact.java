package dev.shunt.policy.observe;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.BlockingSockets;
import dev.shunt.policy.Enrolment;
import dev.shunt.policy.match.ConnectionVerdict;
import dev.shunt.policy.match.PolicyMatcher;
import dev.shunt.policy.match.Verdict;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What another policy set would change for connections that are open.
 *
 * @param because one sentence without a full stop
 */
public record Impact(Change change, String because) {

  private static final String BLOCKING = "blocking_socket";

  /** What becomes of a connection. */
  public enum Change {
    NEWLY_ACCELERATED,
    NO_LONGER_ACCELERATED,
    UNCHANGED,
    /** Policy would have it accelerated, and nobody ever tried whether it can be. */
    UNKNOWN
  }

  /**
   * Compares what is with what would be.
   *
   * @param flow as the node reported it
   * @param before matches as the node does
   * @param after matches as the node would
   */
  public static Impact of(Flow flow, PolicyMatcher before, PolicyMatcher after) {
    boolean accelerated = flow.verdict().equals(Observation.ACCELERATED);
    FlowEnd client = flow.client();
    FlowEnd server = flow.server();
    if (client == null || server == null) {
      return new Impact(Change.UNCHANGED, ReasonSentences.of("remote_peer"));
    }
    ConnectionVerdict verdict = after.judge(client.view(), server.view());
    if (verdict.verdict() != Verdict.ELIGIBLE) {
      String why = sentence(verdict.verdict());
      return new Impact(accelerated ? Change.NO_LONGER_ACCELERATED : Change.UNCHANGED, why);
    }
    Set<String> obstacles = new TreeSet<>(obstacles(client, verdict.clientWinner()));
    obstacles.addAll(obstacles(server, verdict.serverWinner()));
    if (accelerated) {
      // Only a policy's word about blocking sockets can turn against what is accelerated already.
      return obstacles.contains(BLOCKING)
          ? new Impact(Change.NO_LONGER_ACCELERATED, ReasonSentences.of(BLOCKING))
          : new Impact(Change.UNCHANGED, "accelerated, and stays so");
    }
    if (!obstacles.isEmpty()) {
      return new Impact(Change.UNCHANGED, ReasonSentences.of(obstacles.iterator().next()));
    }
    boolean wasEligible = before.judge(client.view(), server.view()).verdict() == Verdict.ELIGIBLE;
    // That it blocks does not count any more under the draft, or it were an obstacle still.
    if (wasEligible && ReasonSentences.knows(flow.verdict()) && !flow.verdict().equals(BLOCKING)) {
      return new Impact(Change.UNCHANGED, ReasonSentences.of(flow.verdict()));
    }
    return tried(flow);
  }

  private static Impact tried(Flow flow) {
    String would = flow.would();
    if (Observation.ACCELERATED.equals(would)) {
      return new Impact(
          Change.NEWLY_ACCELERATED, "under mode: Observe nothing was found that speaks against it");
    }
    if (would == null || would.equals(Observation.UNDECIDED)) {
      return new Impact(
          Change.UNKNOWN,
          "policy would have it accelerated, but whether its programs allow it was never tried");
    }
    return switch (would) {
      // What the draft may have changed: the datapath has to look again.
      case "peer_not_consenting", BLOCKING, "not_settled" ->
          new Impact(
              Change.UNKNOWN, "seen under another policy, where " + ReasonSentences.of(would));
      default -> new Impact(Change.UNCHANGED, ReasonSentences.of(would));
    };
  }

  /** What about the socket itself keeps it on TCP under this winner. */
  private static Set<String> obstacles(FlowEnd end, @Nullable AccelerationPolicy winner) {
    Set<String> found = new TreeSet<>(end.obstacles());
    // Handshake enrols before anybody can know whether the program will block.
    boolean blockingIsFine =
        winner != null
            && (winner.spec().blockingSockets() == BlockingSockets.ACCEPT
                || winner.spec().enrolment() == Enrolment.HANDSHAKE);
    if (blockingIsFine) {
      found.remove(BLOCKING);
    }
    return found;
  }

  private static String sentence(Verdict verdict) {
    return verdict == Verdict.NO_POLICY
        ? "no policy matches either end"
        : ReasonSentences.of(verdict.text());
  }
}
