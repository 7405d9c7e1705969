package dev.shunt.policy.compile;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CgroupPattern;
import dev.shunt.policy.Problem;
import dev.shunt.policy.ProblemCode;
import dev.shunt.policy.compile.CgroupAutomaton.Edge;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Makes the pattern tree deterministic by the subset construction, from the start state on and only
 * as far as paths can lead. Because the class belongs to the edge and not to the state, subsets
 * that differ only in what they accept, not in what they lead on to, are one state: {@code n}
 * patterns such as {@code /**}{@code /name} need {@code n} edges, not their square.
 *
 * <p>Subsets can still grow beyond any use; so edges, and the work to find them, are bounded.
 */
final class CgroupCompiler {

  static final int MOST_EDGES = 65_536;

  /**
   * Visits of a pattern node; an automaton of {@link #MOST_EDGES} edges that people write needs a
   * small part of it.
   */
  static final long MOST_VISITS = 8_000_000;

  private final PatternTrie trie = new PatternTrie();
  private final long[] any;
  private final ClassTable classes;
  private final Map<String, Integer> components = new HashMap<>();
  private final List<String> dictionary = new ArrayList<>();
  private final Map<StateKey, Integer> states = new HashMap<>();
  private final Deque<Unexplored> unexplored = new ArrayDeque<>();
  private final List<Edge> edges = new ArrayList<>();
  private long visits;
  private int stamps;

  private CgroupCompiler(long[] any, ClassTable classes) {
    this.any = any;
    this.classes = classes;
  }

  /**
   * A set of trie nodes, closed over the steps that read nothing, with the bits of the policies it
   * accepts for.
   */
  private final class Subset {
    private final List<PatternTrie.Node> nodes = new ArrayList<>();
    private final long[] vector = any.clone();
    private final int stamp = ++stamps;

    Subset add(PatternTrie.Node node) {
      visits++;
      if (node.stamp != stamp) {
        node.stamp = stamp;
        nodes.add(node);
        node.policies.forEach(policy -> Bits.set(vector, policy));
        if (node.anyDepth != null) {
          add(node.anyDepth);
        }
      }
      return this;
    }

    Subset addAll(List<PatternTrie.Node> more) {
      more.forEach(this::add);
      return this;
    }

    StateKey leadingOn() {
      int count = 0;
      int[] ids = new int[nodes.size()];
      for (PatternTrie.Node node : nodes) {
        if (node.leadsOn()) {
          ids[count++] = node.id;
        }
      }
      int[] key = Arrays.copyOf(ids, count);
      Arrays.sort(key);
      return new StateKey(key);
    }
  }

  /** What makes a state: the nodes that lead on, sorted. */
  private record StateKey(int[] nodes) {

    @Override
    public boolean equals(Object other) {
      return other instanceof StateKey key && Arrays.equals(nodes, key.nodes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(nodes);
    }
  }

  /** A state with edges still to be found. */
  private record Unexplored(int state, StateKey key) {}

  /**
   * Compiles the cgroup dimension; {@code any} has the bits of the policies without it.
   *
   * @throws PolicyLimitException when the automaton would be too large
   */
  static CgroupAutomaton compile(
      List<AccelerationPolicy> policies, long[] any, ClassTable classes) {
    CgroupCompiler compiler = new CgroupCompiler(any, classes);
    for (int policy = 0; policy < policies.size(); policy++) {
      for (CgroupPattern pattern : policies.get(policy).spec().match().cgroups()) {
        compiler.trie.add(pattern, policy);
      }
    }
    return compiler.run();
  }

  private CgroupAutomaton run() {
    Subset start = new Subset().add(trie.root());
    int startClass = classes.intern(start.vector);
    int startState = state(start);
    while (!unexplored.isEmpty()) {
      Unexplored next = unexplored.remove();
      List<PatternTrie.Node> nodes = new ArrayList<>(next.key.nodes.length);
      for (int id : next.key.nodes) {
        nodes.add(trie.node(id));
      }
      explore(next.state, nodes);
    }
    return new CgroupAutomaton(dictionary, edges, startState, startClass);
  }

  private int state(Subset subset) {
    StateKey key = subset.leadingOn();
    Integer known = states.get(key);
    if (known != null) {
      return known;
    }
    int state = states.size();
    states.put(key, state);
    unexplored.add(new Unexplored(state, key));
    return state;
  }

  private void explore(int state, List<PatternTrie.Node> nodes) {
    List<PatternTrie.Node> anyOther = afterAnyOther(nodes);
    SortedMap<String, List<PatternTrie.Node>> named = new TreeMap<>();
    for (PatternTrie.Node node : nodes) {
      node.literals.forEach(
          (name, next) -> named.computeIfAbsent(name, key -> new ArrayList<>()).add(next));
    }
    if (!anyOther.isEmpty()) {
      addEdge(state, CgroupAutomaton.ANY_OTHER, new Subset().addAll(anyOther));
    }
    named.forEach(
        (name, next) ->
            addEdge(state, component(name), new Subset().addAll(anyOther).addAll(next)));
  }

  /**
   * What a component leads to that no node names: those under {@code **} stay, and {@code *} takes
   * anything.
   */
  private static List<PatternTrie.Node> afterAnyOther(List<PatternTrie.Node> nodes) {
    List<PatternTrie.Node> after = new ArrayList<>();
    for (PatternTrie.Node node : nodes) {
      if (node.loops) {
        after.add(node);
      }
      if (node.one != null) {
        after.add(node.one);
      }
    }
    return after;
  }

  private int component(String name) {
    return components.computeIfAbsent(
        name,
        added -> {
          dictionary.add(added);
          return dictionary.size();
        });
  }

  private void addEdge(int state, int component, Subset to) {
    if (edges.size() == MOST_EDGES || visits > MOST_VISITS) {
      throw tooComplex();
    }
    edges.add(new Edge(state, component, state(to), classes.intern(to.vector)));
  }

  private PolicyLimitException tooComplex() {
    return new PolicyLimitException(
        Problem.of(
            ProblemCode.CGROUPS_TOO_COMPLEX,
            "",
            "spec.match.cgroups",
            "patterns that need at most " + MOST_EDGES + " transitions together",
            edges.size()
                + " transitions in "
                + states.size()
                + " states, and "
                + unexplored.size()
                + " states not finished",
            "patterns with '**' before several names multiply; begin them with a fixed path"));
  }
}
