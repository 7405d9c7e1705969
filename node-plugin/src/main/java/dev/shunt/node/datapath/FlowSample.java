package dev.shunt.node.datapath;

import dev.shunt.policy.observe.Flow;
import java.util.List;

/**
 * The connections that are open on this node, grouped by what policies can tell apart.
 *
 * @param flows local connections first, most connections first
 * @param sockets established TCP sockets that were looked at
 * @param truncated whether there were more groups than are listed
 */
public record FlowSample(List<Flow> flows, int sockets, boolean truncated) {

  public static final FlowSample NONE = new FlowSample(List.of(), 0, false);

  public FlowSample {
    flows = List.copyOf(flows);
  }
}
