package dev.shunt.policy.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.compile.CompiledPolicySet.Row;
import dev.shunt.policy.match.PolicyMatcher;
import dev.shunt.policy.match.SocketView;
import dev.shunt.policy.random.RandomPolicies;
import dev.shunt.policy.random.Seed;
import dev.shunt.policy.random.Shrinker;
import dev.shunt.policy.random.Shrinker.Case;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CompiledMatcherTest {

  private static final int SETS = 1_000;
  private static final int VIEWS = 100;

  @Test
  void theCompiledMapsAnswerAsTheReferenceDoesForAHundredThousandRandomSockets() {
    RandomPolicies random = new RandomPolicies(Seed.OF_THIS_RUN);
    int won = 0;
    int refused = 0;
    for (int set = 0; set < SETS; set++) {
      List<AccelerationPolicy> policies = random.policies(set % 50 == 0 ? 1_024 : 64);
      PolicyMatcher reference = new PolicyMatcher(policies);
      CompiledMatcher compiled;
      try {
        compiled = new CompiledMatcher(PolicyCompiler.compile(policies));
      } catch (PolicyLimitException tooLarge) {
        refused++;
        continue;
      }
      for (int i = 0; i < VIEWS; i++) {
        SocketView view = random.view();
        Optional<String> expected = reference.winner(view).map(AccelerationPolicy::name);
        if (!compiled.winner(view).map(Row::name).equals(expected)) {
          failWithTheSmallestCase(policies, view);
        }
        won += expected.isPresent() ? 1 : 0;
      }
    }
    assertThat(refused).as(Seed.hint()).isLessThanOrEqualTo(SETS / 100);
    // A run in which nearly everything, or nearly nothing, matches would prove little.
    assertThat(won).as(Seed.hint()).isBetween(SETS * VIEWS / 20, SETS * VIEWS * 19 / 20);
  }

  private static void failWithTheSmallestCase(List<AccelerationPolicy> policies, SocketView view) {
    Case smallest = new Shrinker(CompiledMatcherTest::disagree).shrink(new Case(policies, view));
    fail(
        "expected the winner %s, found %s; %s%n%s",
        new PolicyMatcher(smallest.policies())
            .winner(smallest.view())
            .map(AccelerationPolicy::name),
        new CompiledMatcher(PolicyCompiler.compile(smallest.policies()))
            .winner(smallest.view())
            .map(Row::name),
        Seed.hint(),
        smallest);
  }

  private static boolean disagree(List<AccelerationPolicy> policies, SocketView view) {
    Optional<String> expected =
        new PolicyMatcher(policies).winner(view).map(AccelerationPolicy::name);
    return !new CompiledMatcher(PolicyCompiler.compile(policies))
        .winner(view)
        .map(Row::name)
        .equals(expected);
  }
}
