package dev.shunt.control.nodes;

import java.util.List;
import java.util.Map;

/**
 * What a node tells about its datapath. Counters are totals since the datapath was installed.
 *
 * @param problems one sentence each
 */
public record NodeReport(
    Datapath datapath, Counters counters, Map<String, Counters> policies, List<String> problems) {

  /** What the datapath does. */
  public enum Datapath {
    UNKNOWN,
    ACTIVE,
    DEGRADED,
    REFUSED
  }

  /**
   * @param liveConnections 0 for a single policy, which does not count them
   * @param reasons connections that were not accelerated, by reason
   */
  public record Counters(
      long liveConnections,
      long acceleratedConnections,
      long redirectedBytes,
      long redirectedMessages,
      Map<String, Long> reasons) {

    public static final Counters NONE = new Counters(0, 0, 0, 0, Map.of());

    public Counters {
      reasons = Map.copyOf(reasons);
    }
  }

  public NodeReport {
    policies = Map.copyOf(policies);
    problems = List.copyOf(problems);
  }
}
