package dev.shunt.node.datapath;

import dev.shunt.node.bpf.MapEntries;
import dev.shunt.policy.Dimension;
import dev.shunt.policy.compile.AddressBounds;
import dev.shunt.policy.compile.CgroupAutomaton;
import dev.shunt.policy.compile.CgroupAutomaton.Edge;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Numbers of classes, cgroup components and automaton states in the maps. The compiler numbers them
 * in the order in which it meets them, so that one more port would move all that follow; here they
 * keep the numbers that stand in the same places of the slot now, so that a small change stays one.
 * Immutable.
 */
final class Numbering {
  /** More than an automaton can have; a map that someone else wrote may hold larger numbers. */
  private static final int MOST_STATES = 1 << 20;

  private static final int NO_STATE = 0;

  private final int[] classes;
  private final int classNumbers;
  private final int[] components;
  private final int[] states;

  private Numbering(int[] classes, int[] components, int[] states) {
    this.classes = classes;
    this.classNumbers = Arrays.stream(classes).max().orElse(-1) + 1;
    this.components = components;
    this.states = states;
  }

  static Numbering like(HeldSlot held, CompiledPolicySet set, Map<Table, AddressBounds> bounds) {
    Votes votes = new Votes();
    for (Dimension dimension : Dimension.values()) {
      votes.add(
          set.anyClass().of(dimension),
          held.number(Abi.SLOT_ANY_CLASS + dimension.ordinal() * Integer.BYTES));
    }
    votes.add(set.cgroups().startClass(), held.number(Abi.SLOT_START_CLASS));
    ByteBuffer ports = held.table(Table.PORTS).allValues();
    for (int port = 0; port < held.table(Table.PORTS).count(); port++) {
      int before = ports.getInt(port * Integer.BYTES);
      // A vote for each range, not for each port of it.
      if (port == 0
          || set.ports()[port] != set.ports()[port - 1]
          || before != ports.getInt((port - 1) * Integer.BYTES)) {
        votes.add(set.ports()[port], before);
      }
    }
    int table = 0;
    for (Map.Entry<Table, AddressBounds> of : bounds.entrySet()) {
      int count = held.number(Abi.SLOT_BOUNDS + table++ * Integer.BYTES);
      compare(of.getValue(), HeldBounds.of(of.getKey(), held.table(of.getKey()), count), votes);
    }
    int[] components = components(held.table(Table.NAMES), set.cgroups());
    int[] states = states(held, set.cgroups(), components, votes);
    return new Numbering(votes.elect(set.classes().size()), components, states);
  }

  private static void compare(AddressBounds now, HeldBounds before, Votes votes) {
    int at = 0;
    for (int i = 0; i < now.count(); i++) {
      while (at < before.count() && before.compare(at, now.high(i), now.low(i)) < 0) {
        at++;
      }
      if (at < before.count() && before.compare(at, now.high(i), now.low(i)) == 0) {
        votes.add(now.classId(i), before.classId(at));
      }
    }
  }

  /** By name; number 0 stands for every other one. */
  private static int[] components(MapEntries held, CgroupAutomaton automaton) {
    Map<String, Integer> before = new HashMap<>();
    for (int i = 0; i < held.count(); i++) {
      before.put(Abi.text(held.key(i)), held.allValues().getInt(i * Integer.BYTES));
    }
    Votes votes = new Votes();
    votes.add(CgroupAutomaton.ANY_OTHER, CgroupAutomaton.ANY_OTHER);
    // Beats whatever somebody may have written under that number.
    votes.add(CgroupAutomaton.ANY_OTHER, CgroupAutomaton.ANY_OTHER);
    for (int i = 0; i < automaton.components().size(); i++) {
      votes.add(i + 1, before.getOrDefault(automaton.components().get(i), -1));
    }
    return votes.elect(automaton.components().size() + 1);
  }

  /** By the way that leads there; the edges of a state come after one that leads to it. */
  private static int[] states(
      HeldSlot held, CgroupAutomaton automaton, int[] components, Votes classes) {
    EdgeTable before = EdgeTable.held(held.table(Table.EDGES), held.number(Abi.SLOT_EDGE_MASK));
    int[] states =
        new int[1 + automaton.edges().stream().mapToInt(Edge::nextState).max().orElse(0)];
    BitSet taken = new BitSet();
    taken.set(NO_STATE);
    keep(states, automaton.start(), held.number(Abi.SLOT_START), taken);
    for (Edge edge : automaton.edges()) {
      int was =
          states[edge.state()] == NO_STATE
              ? -1
              : before.find(states[edge.state()], components[edge.component()]);
      if (was >= 0) {
        keep(states, edge.nextState(), before.next(was), taken);
        classes.add(edge.classId(), before.classId(was));
      }
    }
    int free = 1;
    for (int i = 0; i < states.length; i++) {
      if (states[i] == NO_STATE) {
        free = taken.nextClearBit(free);
        states[i] = free++;
      }
    }
    return states;
  }

  private static void keep(int[] states, int state, int before, BitSet taken) {
    if (states[state] == NO_STATE && before >= 0 && before < MOST_STATES && !taken.get(before)) {
      states[state] = before;
      taken.set(before);
    }
  }

  int ofClass(int compiled) {
    return classes[compiled];
  }

  /** One more than the highest number of a class. */
  int classNumbers() {
    return classNumbers;
  }

  int ofComponent(int compiled) {
    return components[compiled];
  }

  int ofState(int compiled) {
    return states[compiled];
  }
}
