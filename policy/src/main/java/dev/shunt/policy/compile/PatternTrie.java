package dev.shunt.policy.compile;

import dev.shunt.policy.CgroupPattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All cgroup patterns in one tree by their components: a nondeterministic automaton whose states
 * are the nodes. A node under {@code **} stays where it is on any component, and is entered without
 * reading one.
 */
final class PatternTrie {

  /** One prefix of one or more patterns. */
  static final class Node {
    final int id;
    final boolean loops;
    final Map<String, Node> literals = new TreeMap<>();
    final List<Integer> policies = new ArrayList<>();
    @Nullable Node one;
    @Nullable Node anyDepth;

    /** Number of the subset that took this node in last. */
    int stamp;

    private Node(int id, boolean loops) {
      this.id = id;
      this.loops = loops;
    }

    /**
     * Whether a longer path can lead on from here; a node where it cannot matters to the class, not
     * to the state.
     */
    boolean leadsOn() {
      return loops || one != null || !literals.isEmpty();
    }
  }

  private final List<Node> nodes = new ArrayList<>();
  private final Node root = create(false);

  void add(CgroupPattern pattern, int policy) {
    Node node = root;
    for (String component : pattern.components()) {
      node = child(node, component);
    }
    node.policies.add(policy);
  }

  private Node child(Node node, String component) {
    switch (component) {
      case CgroupPattern.ONE -> {
        if (node.one == null) {
          node.one = create(false);
        }
        return node.one;
      }
      case CgroupPattern.ANY_DEPTH -> {
        if (node.anyDepth == null) {
          node.anyDepth = create(true);
        }
        return node.anyDepth;
      }
      default -> {
        return node.literals.computeIfAbsent(component, name -> create(false));
      }
    }
  }

  private Node create(boolean loops) {
    Node node = new Node(nodes.size(), loops);
    nodes.add(node);
    return node;
  }

  Node root() {
    return root;
  }

  Node node(int id) {
    return nodes.get(id);
  }
}
