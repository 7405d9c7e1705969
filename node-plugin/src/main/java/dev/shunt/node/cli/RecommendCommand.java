package dev.shunt.node.cli;

import dev.shunt.node.datapath.DatapathException;
import dev.shunt.node.json.Json;
import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Mode;
import dev.shunt.policy.observe.GainTable;
import dev.shunt.policy.observe.Observation;
import dev.shunt.policy.observe.ReasonSentences;
import dev.shunt.policy.observe.Recommendation;
import dev.shunt.policy.observe.Recommender;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code shunt-node recommend}: reads the pins, so it works with and without an agent. */
@Command(
    name = "recommend",
    description =
        "Tell whether the connections of policies with mode: Observe should be accelerated, and why.")
final class RecommendCommand implements Callable<Integer> {

  private final World world;

  @Mixin CommonOptions common = new CommonOptions();

  @Parameters(
      arity = "0..1",
      paramLabel = "POLICY",
      description = "One policy (default: every policy with mode: Observe).")
  @Nullable String name;

  @Option(names = "--json", description = "One JSON object on one line.")
  boolean json;

  RecommendCommand(World world) {
    this.world = world;
  }

  @Override
  public Integer call() {
    CarriedPolicies carried = CarriedPolicies.of(world, common.settings(world));
    List<AccelerationPolicy> policies =
        carried.policies().stream().filter(this::isAskedFor).toList();
    if (name != null && policies.isEmpty()) {
      throw CommandFailure.failed(
          "expected a policy that this node carries, found \"%s\"; shunt-node status lists them"
              .formatted(name));
    }
    Map<String, Observation> seen = observations(carried);
    List<RecommendationView> views = new ArrayList<>();
    Recommender recommender = new Recommender(GainTable.measured(), ReasonSentences::of);
    for (AccelerationPolicy policy : policies) {
      Observation observation = seen.getOrDefault(policy.name(), Observation.NONE);
      Recommendation recommendation = recommender.recommend(policy, observation);
      views.add(new RecommendationView(policy.name(), recommendation, observation));
    }
    print(views);
    return ExitCode.OK.number();
  }

  private boolean isAskedFor(AccelerationPolicy policy) {
    return name == null ? policy.spec().mode() == Mode.OBSERVE : policy.name().equals(name);
  }

  private Map<String, Observation> observations(CarriedPolicies carried) {
    try {
      return world.installer().insight(carried.options()).observations();
    } catch (DatapathException e) {
      throw RunCommand.datapathFailure(e);
    }
  }

  private void print(List<RecommendationView> views) {
    if (json) {
      world
          .out()
          .println(
              Json.write(
                  Map.of("policies", views.stream().map(RecommendationView::json).toList())));
      return;
    }
    if (views.isEmpty()) {
      world.out().println("no policy of this node has mode: Observe, so nothing is observed");
    }
    for (int i = 0; i < views.size(); i++) {
      if (i > 0) {
        world.out().println();
      }
      views.get(i).text().forEach(world.out()::println);
    }
  }
}
