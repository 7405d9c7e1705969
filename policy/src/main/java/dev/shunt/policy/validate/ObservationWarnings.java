package dev.shunt.policy.validate;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Action;
import dev.shunt.policy.Enrolment;
import dev.shunt.policy.Problem;
import dev.shunt.policy.ProblemCode;
import dev.shunt.policy.match.PolicyMatcher;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** What is suspicious about policies in the light of what nodes reported lately. */
public final class ObservationWarnings {

  private ObservationWarnings() {}

  /**
   * Compares policies with sockets seen in, say, the last hour.
   *
   * @param complete whether there were no other sockets; if there were, that none of these matches
   *     says nothing
   * @return nothing about policies on whose nodes no socket was seen at all
   */
  public static List<Problem> of(
      List<AccelerationPolicy> policies, Collection<ObservedSocket> seen, boolean complete) {
    List<Problem> warnings = new ArrayList<>();
    for (AccelerationPolicy policy : policies) {
      List<ObservedSocket> there =
          seen.stream()
              .filter(socket -> policy.spec().nodes().matches(socket.nodeLabels()))
              .toList();
      List<ObservedSocket> matching =
          there.stream().filter(socket -> PolicyMatcher.matches(policy, socket.view())).toList();
      long blocking = matching.stream().filter(ObservedSocket::blocking).count();
      if (matching.isEmpty()) {
        if (complete && !there.isEmpty()) {
          warnings.add(nothingSeen(policy, there.size()));
        }
      } else if (policy.spec().action() == Action.ACCELERATE
          && policy.spec().enrolment() == Enrolment.HANDSHAKE
          && blocking > 0) {
        warnings.add(blockingSeen(policy, blocking, matching.size()));
      }
    }
    return warnings;
  }

  private static Problem nothingSeen(AccelerationPolicy policy, int seen) {
    return Problem.of(
        ProblemCode.NOTHING_SEEN,
        policy.name(),
        "spec.match",
        "at least one match among the sockets seen lately",
        "none of " + seen,
        "explain one of the connections you meant");
  }

  private static Problem blockingSeen(AccelerationPolicy policy, long blocking, int matching) {
    return Problem.of(
        ProblemCode.BLOCKING_SEEN,
        policy.name(),
        "spec.enrolment",
        "no blocking sockets under enrolment: Handshake",
        blocking + " blocking of " + matching + " seen lately",
        "a blocking reader can see the difference; use Settled");
  }
}
