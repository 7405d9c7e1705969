package dev.shunt.node.datapath;

import dev.shunt.node.bpf.MapEntries;
import dev.shunt.policy.Action;
import dev.shunt.policy.BlockingSockets;
import dev.shunt.policy.Dimension;
import dev.shunt.policy.Enrolment;
import dev.shunt.policy.IpAddress.Family;
import dev.shunt.policy.Mode;
import dev.shunt.policy.compile.AddressBounds;
import dev.shunt.policy.compile.CgroupAutomaton;
import dev.shunt.policy.compile.ClassVector;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A compiled policy set as the bytes of its maps. Equal sets with equal rows give equal bytes for
 * slots that hold the same. Immutable and thread-safe.
 */
final class PolicyImage {
  private final CompiledPolicySet set;
  private final Map<String, Integer> rows;
  private final Map<Table, AddressBounds> bounds = new EnumMap<>(Table.class);
  private final Numbering numbers;
  private final EdgeTable edges;

  /**
   * @param rows counter row of each policy, by name
   * @param held what the slot holds that this is for
   */
  PolicyImage(CompiledPolicySet set, Map<String, Integer> rows, HeldSlot held) {
    if (set.policies().size() > Abi.MAX_POLICIES) {
      throw new IllegalArgumentException(
          "expected at most %d policies on a node, found %d"
              .formatted(Abi.MAX_POLICIES, set.policies().size()));
    }
    this.set = set;
    this.rows = Map.copyOf(rows);
    bounds.put(Table.CLIENTS4, set.bounds(Dimension.CLIENT, Family.V4));
    bounds.put(Table.CLIENTS6, set.bounds(Dimension.CLIENT, Family.V6));
    bounds.put(Table.SERVERS4, set.bounds(Dimension.SERVER, Family.V4));
    bounds.put(Table.SERVERS6, set.bounds(Dimension.SERVER, Family.V6));
    this.numbers = Numbering.like(held, set, bounds);
    this.edges = edges();
  }

  /** Made on each call: large, and needed once. */
  MapEntries table(Table table) {
    return switch (table) {
      case PORTS -> ports();
      case CLASSES -> classes();
      case POLICIES -> policies();
      case CLIENTS4 -> addresses4(table, Dimension.CLIENT);
      case CLIENTS6 -> addresses6(table);
      case SERVERS4 -> addresses4(table, Dimension.SERVER);
      case SERVERS6 -> addresses6(table);
      case NAMES -> names();
      case EDGES -> edges.entries();
      case CGROUPS -> MapEntries.none(table.keySize(), table.valueSize());
    };
  }

  /** {@code struct shunt_slot}. */
  byte[] slot(long generation) {
    ByteBuffer slot =
        Abi.bytes(Abi.SLOT_SIZE)
            .putLong(generation)
            .putInt(set.policies().size())
            .putInt(set.words())
            .putInt(numbers.ofState(set.cgroups().start()))
            .putInt(numbers.ofClass(set.cgroups().startClass()));
    for (Dimension dimension : Dimension.values()) {
      slot.putInt(numbers.ofClass(set.anyClass().of(dimension)));
    }
    bounds.values().forEach(table -> slot.putInt(table.count()));
    slot.putInt(edges.mask());
    return slot.array();
  }

  private MapEntries ports() {
    int[] classes = set.ports();
    Builder builder = new Builder(Table.PORTS, classes.length);
    for (int port = 0; port < classes.length; port++) {
      builder.keys.putInt(port);
      builder.values.putInt(numbers.ofClass(classes[port]));
    }
    return builder.entries();
  }

  /** Numbers that no class has are zero: they match nothing. */
  private MapEntries classes() {
    List<ClassVector> classes = set.classes();
    Builder builder = new Builder(Table.CLASSES, numbers.classNumbers());
    for (int number = 0; number < numbers.classNumbers(); number++) {
      builder.keys.putInt(number);
    }
    for (int i = 0; i < classes.size(); i++) {
      builder.values.position(numbers.ofClass(i) * Abi.CLASS_SIZE);
      builder.values.putLong(classes.get(i).summary());
      for (int word = 0; word < Abi.POLICY_WORDS; word++) {
        builder.values.putLong(classes.get(i).word(word));
      }
    }
    return builder.entries();
  }

  private MapEntries policies() {
    Builder builder = new Builder(Table.POLICIES, Abi.MAX_POLICIES);
    for (int i = 0; i < Abi.MAX_POLICIES; i++) {
      builder.keys.putInt(i);
    }
    for (int i = 0; i < set.policies().size(); i++) {
      CompiledPolicySet.Row policy = set.policies().get(i);
      Integer row = rows.get(policy.name());
      if (row == null) {
        throw new IllegalArgumentException("policy " + policy.name() + " has no counter row");
      }
      builder
          .values
          .putInt(row)
          .put(action(policy.action()))
          .put(mode(policy.mode()))
          .put(enrolment(policy.enrolment()))
          .put(blocking(policy.blockingSockets()))
          .putLong(policy.backlogBytes().bytes())
          .putInt(policy.backlogMessages())
          .putInt(set.takesAnyAddress(i) ? Abi.POLICY_ANY_ADDRESS : 0);
    }
    return builder.entries();
  }

  private MapEntries addresses4(Table table, Dimension dimension) {
    AddressBounds of = bounds(table);
    if (of.count() == 0) {
      return MapEntries.none(table.keySize(), table.valueSize());
    }
    int index = Abi.BLOCKS + 1;
    Builder builder = new Builder(table, index + of.count());
    int next = 0;
    for (int block = 0; block < index; block++) {
      while (next < of.count() && of.low(next) <= (long) block << 16) {
        next++;
      }
      int first = next == 0 ? set.anyClass().of(dimension) : of.classId(next - 1);
      builder.keys.putInt(block);
      builder.values.putInt(index + next).putInt(numbers.ofClass(first));
    }
    for (int bound = 0; bound < of.count(); bound++) {
      builder.keys.putInt(index + bound);
      builder.values.putInt((int) of.low(bound)).putInt(numbers.ofClass(of.classId(bound)));
    }
    return builder.entries();
  }

  private MapEntries addresses6(Table table) {
    AddressBounds of = bounds(table);
    Builder builder = new Builder(table, of.count());
    for (int bound = 0; bound < of.count(); bound++) {
      builder.keys.putInt(bound);
      builder
          .values
          .putLong(of.high(bound))
          .putLong(of.low(bound))
          .putInt(numbers.ofClass(of.classId(bound)))
          .putInt(0);
    }
    return builder.entries();
  }

  private AddressBounds bounds(Table table) {
    return Objects.requireNonNull(bounds.get(table));
  }

  private MapEntries names() {
    List<String> components = set.cgroups().components();
    Builder builder = new Builder(Table.NAMES, components.size());
    for (int i = 0; i < components.size(); i++) {
      byte[] name = components.get(i).getBytes(StandardCharsets.UTF_8);
      if (name.length >= Abi.COMPONENT_SIZE) {
        throw new IllegalArgumentException(
            "a cgroup's name has at most %d bytes, found %s"
                .formatted(Abi.COMPONENT_SIZE - 1, components.get(i)));
      }
      builder.keys.position(i * Abi.COMPONENT_SIZE).put(name);
      builder.values.putInt(numbers.ofComponent(i + 1));
    }
    return builder.entries();
  }

  private EdgeTable edges() {
    List<CgroupAutomaton.Edge> edges = set.cgroups().edges();
    for (int room = edges.size(); room <= EdgeTable.MOST_ROOM; room = 2 * room) {
      EdgeTable table = EdgeTable.empty(room);
      if (putAll(edges, table)) {
        return table;
      }
    }
    throw new IllegalArgumentException(
        "expected cgroup patterns whose transitions the programs find within %d probes, found more with one hash; leave a pattern out or name it otherwise"
            .formatted(Abi.EDGE_PROBES));
  }

  private boolean putAll(List<CgroupAutomaton.Edge> edges, EdgeTable table) {
    for (CgroupAutomaton.Edge edge : edges) {
      boolean fits =
          table.put(
              numbers.ofState(edge.state()),
              numbers.ofComponent(edge.component()),
              numbers.ofState(edge.nextState()),
              numbers.ofClass(edge.classId()));
      if (!fits) {
        return false;
      }
    }
    return true;
  }

  private static byte action(Action action) {
    return switch (action) {
      case BYPASS -> 0;
      case ACCELERATE -> 1;
    };
  }

  private static byte mode(Mode mode) {
    return switch (mode) {
      case OBSERVE -> 0;
      case ENFORCE -> 1;
    };
  }

  private static byte enrolment(Enrolment enrolment) {
    return switch (enrolment) {
      case SETTLED -> 0;
      case HANDSHAKE -> 1;
    };
  }

  private static byte blocking(BlockingSockets blocking) {
    return switch (blocking) {
      case EXCLUDE -> 0;
      case ACCEPT -> 1;
    };
  }

  private static final class Builder {
    private final Table table;
    private final ByteBuffer keys;
    private final ByteBuffer values;

    Builder(Table table, int count) {
      this.table = table;
      this.keys = Abi.bytes(count * table.keySize());
      this.values = Abi.bytes(count * table.valueSize());
    }

    MapEntries entries() {
      return new MapEntries(table.keySize(), table.valueSize(), keys.array(), values.array());
    }
  }
}
