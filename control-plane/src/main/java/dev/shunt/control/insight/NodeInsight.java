package dev.shunt.control.insight;

import dev.shunt.policy.observe.Flow;
import dev.shunt.policy.observe.Observation;
import java.util.List;
import java.util.Map;

/**
 * What one node tells about its connections at one moment.
 *
 * @param sockets established TCP sockets it looked at
 * @param truncated whether there were more flows than it lists
 * @param observations totals, by the name of each policy with mode Observe
 */
public record NodeInsight(
    int sockets, boolean truncated, List<Flow> flows, Map<String, Observation> observations) {

  public NodeInsight {
    flows = List.copyOf(flows);
    observations = Map.copyOf(observations);
  }
}
