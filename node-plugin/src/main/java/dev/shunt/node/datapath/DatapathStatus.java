package dev.shunt.node.datapath;

import java.util.List;
import java.util.Map;

/**
 * What the datapath has done since it was installed, read from the pinned maps. The counters are
 * read while programs add to them, so sums over two readings are exact and sums within one may be
 * off by what happened meanwhile.
 *
 * @param state what the datapath does with new connections
 * @param generation policy generation that is live; 0 when none was ever applied
 * @param digest digest of the live policy set, lower-case hex; empty at generation 0
 * @param totals sums over every policy, and over connections no policy matched
 * @param policies one per policy of the live generation, by name
 * @param problems one sentence each: what does not work although the datapath is installed
 */
public record DatapathStatus(
    State state,
    long generation,
    String digest,
    Counters totals,
    List<PolicyCounters> policies,
    List<String> problems) {

  public DatapathStatus {
    policies = List.copyOf(policies);
    problems = List.copyOf(problems);
  }

  /** What the datapath does with new connections. */
  public enum State {
    /** Installed; no policy was applied yet, so every connection is plain TCP. */
    IDLE,
    /** Watching and accelerating by policy. */
    ACTIVE,
    /** Enrols nobody; accelerated connections go back to TCP. */
    DRAINING,
    /**
     * The programs are pinned but no longer attached, for example because the cgroup was removed.
     */
    DETACHED
  }

  /**
   * @param live connections open now
   * @param accelerated connections that are, or when they closed were, accelerated
   * @param acceleratedLive accelerated connections open now
   * @param redirectedBytes bytes that skipped TCP
   * @param redirectedMessages sends that skipped TCP
   * @param returns times a direction went back from TCP to redirecting
   * @param reasons connections that are, or when they closed were, not accelerated; every reason is
   *     present
   * @param fallbacks times a direction left redirecting for TCP; every reason is present
   */
  public record Counters(
      long live,
      long accelerated,
      long acceleratedLive,
      long redirectedBytes,
      long redirectedMessages,
      long returns,
      Map<Reason, Long> reasons,
      Map<Reason, Long> fallbacks) {

    public Counters {
      reasons = Map.copyOf(reasons);
      fallbacks = Map.copyOf(fallbacks);
    }
  }

  /** Counters of one policy, by its name. */
  public record PolicyCounters(String policy, Counters counters) {}

  public long live() {
    return totals.live();
  }

  public long accelerated() {
    return totals.accelerated();
  }

  public long acceleratedLive() {
    return totals.acceleratedLive();
  }

  public long redirectedBytes() {
    return totals.redirectedBytes();
  }

  public long redirectedMessages() {
    return totals.redirectedMessages();
  }

  public Map<Reason, Long> reasons() {
    return totals.reasons();
  }

  public Map<Reason, Long> fallbacks() {
    return totals.fallbacks();
  }
}
