package dev.shunt.policy.observe;

import static dev.shunt.policy.PolicyTexts.policies;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.policy.match.PolicyMatcher;
import dev.shunt.policy.match.SocketView;
import dev.shunt.policy.observe.Impact.Change;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ImpactTest {
  private static final PolicyMatcher NOTHING = new PolicyMatcher(List.of());
  private static final PolicyMatcher ACCELERATE = matcher("{match: {ports: [80]}}");
  private static final PolicyMatcher OBSERVE = matcher("{mode: Observe, match: {ports: [80]}}");
  private static final PolicyMatcher BYPASS = matcher("{action: Bypass, match: {ports: [80]}}");

  @Test
  void whatNobodyTriedIsUnknownAndNotNewlyAccelerated() {
    assertThat(change(flow("unmatched", null), NOTHING, ACCELERATE)).isEqualTo(Change.UNKNOWN);
    assertThat(change(flow("bypassed_by_policy", null), BYPASS, ACCELERATE))
        .isEqualTo(Change.UNKNOWN);
    assertThat(change(flow("observed_only", "undecided"), OBSERVE, ACCELERATE))
        .isEqualTo(Change.UNKNOWN);
  }

  @Test
  void whatObserveFoundFitIsNewlyAccelerated() {
    assertThat(change(flow("observed_only", "accelerated"), OBSERVE, ACCELERATE))
        .isEqualTo(Change.NEWLY_ACCELERATED);
    assertThat(change(flow("observed_only", "accelerated"), OBSERVE, OBSERVE))
        .isEqualTo(Change.UNCHANGED);
  }

  @Test
  void whatObserveFoundUnfitStaysOnTcp() {
    Impact impact = Impact.of(flow("observed_only", "splice_user"), OBSERVE, ACCELERATE);

    assertThat(impact).isEqualTo(new Impact(Change.UNCHANGED, "an end reads with splice(2)"));
  }

  @Test
  void whatIsAcceleratedEndsWithItsPolicy() {
    Flow accelerated = flow("accelerated", null);
    assertThat(change(accelerated, ACCELERATE, NOTHING)).isEqualTo(Change.NO_LONGER_ACCELERATED);
    assertThat(change(accelerated, ACCELERATE, OBSERVE)).isEqualTo(Change.NO_LONGER_ACCELERATED);
    assertThat(change(accelerated, ACCELERATE, ACCELERATE)).isEqualTo(Change.UNCHANGED);
  }

  @Test
  void blockingSocketsFollowThePolicysWord() {
    PolicyMatcher accept = matcher("{blockingSockets: Accept, match: {ports: [80]}}");
    Flow blocking = flow("blocking_socket", null, "blocking_socket");
    assertThat(change(blocking, ACCELERATE, ACCELERATE)).isEqualTo(Change.UNCHANGED);
    assertThat(change(blocking, ACCELERATE, accept)).isEqualTo(Change.UNKNOWN);
    assertThat(change(flow("accelerated", null, "blocking_socket"), accept, ACCELERATE))
        .isEqualTo(Change.NO_LONGER_ACCELERATED);
  }

  @Test
  void aRemotePeerStaysRemote() {
    Flow remote = new Flow(null, end(), "remote_peer", null, 1, List.of());
    assertThat(change(remote, NOTHING, ACCELERATE)).isEqualTo(Change.UNCHANGED);
  }

  private static Change change(Flow flow, PolicyMatcher before, PolicyMatcher after) {
    return Impact.of(flow, before, after).change();
  }

  private static Flow flow(String verdict, @Nullable String would, String... serverObstacles) {
    return new Flow(end(), end(serverObstacles), verdict, would, 1, List.of(41_000));
  }

  private static FlowEnd end(String... obstacles) {
    return new FlowEnd(
        SocketView.of(80, "127.0.0.1", "127.0.0.1", "/app"), new TreeSet<>(List.of(obstacles)));
  }

  private static PolicyMatcher matcher(String spec) {
    return new PolicyMatcher(policies(spec));
  }
}
