package dev.shunt.node.cli;

import dev.shunt.node.agent.Enforcer;
import dev.shunt.node.datapath.DatapathException;
import dev.shunt.node.datapath.DatapathInspection;
import dev.shunt.node.datapath.DatapathOptions;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.store.PolicyStore;
import dev.shunt.policy.AccelerationPolicy;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The policies that the maps of this node hold, as the disk keeps them.
 *
 * @param options of what is installed
 */
record CarriedPolicies(List<AccelerationPolicy> policies, DatapathOptions options) {

  /** Works with and without an agent. */
  static CarriedPolicies of(World world, Settings settings) {
    try {
      DatapathOptions options = new Installation(world.installer(), settings).options();
      DatapathInspection inspection = world.installer().inspect(options);
      DatapathStatus status = inspection.status();
      if (status == null) {
        throw CommandFailure.failed(
            "nothing is installed at %s; start the agent with shunt-node run"
                .formatted(settings.pinDir()));
      }
      Set<String> live =
          status.policies().stream()
              .map(DatapathStatus.PolicyCounters::policy)
              .collect(Collectors.toSet());
      List<AccelerationPolicy> stored =
          Enforcer.lastEnforced(new PolicyStore(settings.stateDir())).policies();
      return new CarriedPolicies(
          stored.stream().filter(policy -> live.contains(policy.name())).toList(), options);
    } catch (DatapathException e) {
      throw RunCommand.datapathFailure(e);
    }
  }
}
