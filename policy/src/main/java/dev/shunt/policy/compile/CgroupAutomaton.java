package dev.shunt.policy.compile;

import java.util.List;

/**
 * A deterministic automaton that reads a cgroup path from the root, one component a step. A
 * component without an edge of its own takes the edge of component {@value #ANY_OTHER}; where there
 * is none either, no deeper cgroup is named by any policy.
 *
 * @param components the dictionary; the first has number 1
 * @param edges of one state together, the one for {@value #ANY_OTHER} first
 * @param start state of the root
 * @param startClass class of the root itself
 */
public record CgroupAutomaton(
    List<String> components, List<Edge> edges, int start, int startClass) {

  /** Number of the component that stands for all components without an edge of their own. */
  public static final int ANY_OTHER = 0;

  /**
   * In {@code state}, reading {@code component} leads to {@code nextState}, and the cgroup read so
   * far has {@code classId}.
   */
  public record Edge(int state, int component, int nextState, int classId) {}

  public CgroupAutomaton {
    components = List.copyOf(components);
    edges = List.copyOf(edges);
  }
}
