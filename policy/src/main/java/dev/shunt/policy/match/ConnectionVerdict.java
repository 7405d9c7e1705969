package dev.shunt.policy.match;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Action;
import dev.shunt.policy.Mode;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What policy says of a connection, given the winners of its two sockets.
 *
 * @param verdict of the connection
 * @param clientEnd what the connecting socket is counted under
 * @param serverEnd what the accepting socket is counted under
 * @param clientWinner null when no policy matches the connecting socket
 * @param serverWinner null when no policy matches the accepting socket
 */
public record ConnectionVerdict(
    Verdict verdict,
    Verdict clientEnd,
    Verdict serverEnd,
    @Nullable AccelerationPolicy clientWinner,
    @Nullable AccelerationPolicy serverWinner) {

  static ConnectionVerdict of(
      Optional<AccelerationPolicy> client, Optional<AccelerationPolicy> server) {
    Verdict clientAlone = alone(client);
    Verdict serverAlone = alone(server);
    return new ConnectionVerdict(
        together(clientAlone, serverAlone),
        end(clientAlone, serverAlone),
        end(serverAlone, clientAlone),
        client.orElse(null),
        server.orElse(null));
  }

  private static Verdict alone(Optional<AccelerationPolicy> winner) {
    if (winner.isEmpty()) {
      return Verdict.NO_POLICY;
    }
    if (winner.get().spec().action() == Action.BYPASS) {
      return Verdict.BYPASSED_BY_POLICY;
    }
    return winner.get().spec().mode() == Mode.OBSERVE ? Verdict.OBSERVED_ONLY : Verdict.ELIGIBLE;
  }

  /**
   * An end that wants nothing says so itself; one that wants to be joined needs the other to want
   * it too.
   */
  private static Verdict end(Verdict own, Verdict peer) {
    return own == Verdict.ELIGIBLE && peer != Verdict.ELIGIBLE ? Verdict.PEER_NOT_CONSENTING : own;
  }

  /**
   * The reason that would have to go first for the connection to be accelerated: an exception
   * somebody made; then the end that no policy matches, since enforcing the other would not help;
   * and last an observing policy, which promises that the connection is accelerated as soon as it
   * enforces.
   */
  private static Verdict together(Verdict one, Verdict other) {
    if (one == other) {
      return one;
    }
    if (one == Verdict.BYPASSED_BY_POLICY || other == Verdict.BYPASSED_BY_POLICY) {
      return Verdict.BYPASSED_BY_POLICY;
    }
    if (one == Verdict.NO_POLICY || other == Verdict.NO_POLICY) {
      return Verdict.PEER_NOT_CONSENTING;
    }
    return Verdict.OBSERVED_ONLY;
  }
}
