package dev.shunt.node.datapath;

import dev.shunt.policy.observe.Observation;
import java.util.Map;

/**
 * What is to be known of this node's connections at one moment.
 *
 * @param observations by the name of each policy with mode Observe of which anything was seen
 */
public record Insight(Map<String, Observation> observations, FlowSample flows) {

  public static final Insight NONE = new Insight(Map.of(), FlowSample.NONE);

  public Insight {
    observations = Map.copyOf(observations);
  }
}
