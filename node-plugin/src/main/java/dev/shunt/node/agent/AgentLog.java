package dev.shunt.node.agent;

/**
 * Log lines of the agent: one per state change, ids first. Safe for use by several threads.
 *
 * <p>{@code ids} are space-separated {@code key=value} pairs and may be empty; {@code sentence} is
 * for a human.
 */
public interface AgentLog {

  void info(String ids, String sentence);

  void warn(String ids, String sentence);

  void error(String ids, String sentence);
}
