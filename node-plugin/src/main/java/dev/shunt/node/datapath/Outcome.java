package dev.shunt.node.datapath;

import dev.shunt.policy.observe.Observation;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What would become of an open connection under Enforce. {@code shunt_would()} in observe.h says
 * the same of those that close, in the same order.
 */
final class Outcome {
  private static final Reason[] BY_HANDSHAKE = {
    Reason.REMOTE_PEER,
    Reason.NO_POLICY,
    Reason.BYPASSED_BY_POLICY,
    Reason.OBSERVED_ONLY,
    Reason.PEER_NOT_CONSENTING,
    Reason.FIRST_BYTE_BY_TCP,
    Reason.NOT_SETTLED,
    Reason.ULP,
    Reason.MPTCP,
    Reason.FAST_OPEN,
    Reason.UNPAIRED,
    Reason.DUPLICATE_FINGERPRINT
  };

  private Outcome() {}

  /**
   * @param peer null when it is not observed
   */
  static String of(
      SocketObservation end, @Nullable SocketObservation peer, long nowNanos, Duration settle) {
    int reasons = end.reasons() | (peer == null ? 0 : peer.reasons());
    int seen = end.seen() & (peer == null ? -1 : peer.seen());
    if (peer == null && !holds(reasons, Reason.REMOTE_PEER) && !holds(reasons, Reason.UNPAIRED)) {
      reasons |= 1 << Reason.PEER_NOT_CONSENTING.verdict();
    }
    for (Reason reason : BY_HANDSHAKE) {
      if (holds(reasons, reason)) {
        return reason.wireName();
      }
    }
    boolean handshake = (seen & SocketObservation.HANDSHAKE) != 0;
    if ((seen & SocketObservation.USED) == 0
        || (!handshake && nowNanos - end.bornNanos() < settle.toNanos())) {
      return Observation.UNDECIDED;
    }
    if (holds(reasons, Reason.SPLICE_USER)) {
      return Reason.SPLICE_USER.wireName();
    }
    if (holds(reasons, Reason.BLOCKING_SOCKET) && !handshake) {
      return Reason.BLOCKING_SOCKET.wireName();
    }
    if (holds(reasons, Reason.RECEIVE_LOW_WATER)) {
      return Reason.RECEIVE_LOW_WATER.wireName();
    }
    return holds(reasons, Reason.SOCKET_OPTION)
        ? Reason.SOCKET_OPTION.wireName()
        : Observation.ACCELERATED;
  }

  private static boolean holds(int reasons, Reason reason) {
    return (reasons & 1 << reason.verdict()) != 0;
  }
}
