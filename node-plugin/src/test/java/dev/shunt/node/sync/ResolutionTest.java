package dev.shunt.node.sync;

import static dev.shunt.node.sync.PolicyFixtures.delta;
import static dev.shunt.node.sync.PolicyFixtures.digest;
import static dev.shunt.node.sync.PolicyFixtures.full;
import static dev.shunt.node.sync.PolicyFixtures.resource;
import static dev.shunt.node.sync.PolicyFixtures.snapshot;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.agent.PolicyProblem;
import dev.shunt.node.store.PolicySnapshot;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResolutionTest {

  @Test
  void aFullUpdateReplacesEverything() {
    Resolution resolution =
        Resolution.of(snapshot(1, Map.of("old", "{}")), full(1, 2, resource("new")));

    assertThat(resolution).isInstanceOf(Resolution.Desired.class);
    assertThat(((Resolution.Desired) resolution).snapshot().documents().keySet())
        .containsExactly("new");
  }

  @Test
  void anEmptyFullUpdateMeansNoPolicies() {
    Resolution resolution = Resolution.of(PolicySnapshot.NONE, full(1, 0));

    assertThat(resolution).isInstanceOf(Resolution.Desired.class);
  }

  @Test
  void aRemovalOfSomethingNotHeldNeedsTheWholeSet() {
    Resolution resolution =
        Resolution.of(snapshot(1, Map.of("a", "{}")), delta(1, 2, 1, List.of(), List.of("other")));

    assertThat(resolution).isInstanceOf(Resolution.NeedsFull.class);
  }

  @Test
  void everyContradictionIsNamedAtOnce() {
    var update =
        new PolicyUpdate(
            1,
            -1,
            "not a digest",
            true,
            0,
            List.of(resource("a"), resource("a")),
            List.of("b", "b"));

    Resolution resolution = Resolution.of(PolicySnapshot.NONE, update);

    assertThat(resolution).isInstanceOf(Resolution.Malformed.class);
    assertThat(((Resolution.Malformed) resolution).problems())
        .extracting(PolicyProblem::code)
        .containsExactly(
            "update.version",
            "update.digest",
            "update.removals",
            "update.duplicate",
            "update.duplicate");
  }

  @Test
  void theDigestDecidesWhetherASetIsHeldNotTheVersion() {
    var update = new PolicyUpdate(1, 8, digest(1), false, 7, List.of(), List.of());

    assertThat(Resolution.of(snapshot(1, Map.of()), update))
        .isEqualTo(new Resolution.Current(PolicySnapshot.of(8, digest(1), Map.of())));
  }
}
