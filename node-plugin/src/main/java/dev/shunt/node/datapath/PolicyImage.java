package dev.shunt.node.datapath;

import dev.shunt.node.bpf.MapEntries;
import dev.shunt.policy.Action;
import dev.shunt.policy.BlockingSockets;
import dev.shunt.policy.Dimension;
import dev.shunt.policy.Enrolment;
import dev.shunt.policy.Mode;
import dev.shunt.policy.compile.CgroupAutomaton;
import dev.shunt.policy.compile.ClassVector;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * A compiled policy set as the bytes of its maps. Equal sets with equal rows give equal bytes.
 * Immutable and thread-safe.
 */
final class PolicyImage {
  private final CompiledPolicySet set;
  private final Map<String, Integer> rows;

  /**
   * @param rows counter row of each policy, by name
   */
  PolicyImage(CompiledPolicySet set, Map<String, Integer> rows) {
    if (set.policies().size() > Abi.MAX_POLICIES) {
      throw new IllegalArgumentException(
          "expected at most %d policies on a node, found %d"
              .formatted(Abi.MAX_POLICIES, set.policies().size()));
    }
    this.set = set;
    this.rows = Map.copyOf(rows);
  }

  /** Made on each call: large, and needed once. */
  MapEntries table(Table table) {
    return switch (table) {
      case PORTS -> ports();
      case CLASSES -> classes();
      case POLICIES -> policies();
      case CLIENTS4 -> prefixes(table, set.prefixes().clients4());
      case CLIENTS6 -> prefixes(table, set.prefixes().clients6());
      case SERVERS4 -> prefixes(table, set.prefixes().servers4());
      case SERVERS6 -> prefixes(table, set.prefixes().servers6());
      case NAMES -> names();
      case EDGES -> edges();
      case CGROUPS -> new Builder(table, 0).entries();
    };
  }

  /** {@code struct shunt_slot}. */
  byte[] slot(long generation) {
    ByteBuffer slot =
        Abi.bytes(Abi.SLOT_SIZE)
            .putLong(generation)
            .putInt(set.policies().size())
            .putInt(set.words())
            .putInt(set.cgroups().start())
            .putInt(set.cgroups().startClass());
    for (Dimension dimension : Dimension.values()) {
      slot.putInt(set.anyClass().of(dimension));
    }
    return slot.array();
  }

  private MapEntries ports() {
    int[] classes = set.ports();
    Builder builder = new Builder(Table.PORTS, classes.length);
    for (int port = 0; port < classes.length; port++) {
      builder.keys.putInt(port);
      builder.values.putInt(classes[port]);
    }
    return builder.entries();
  }

  private MapEntries classes() {
    List<ClassVector> classes = set.classes();
    // An array has room for at least one entry, and what is read back has it too.
    Builder builder = new Builder(Table.CLASSES, Math.max(1, classes.size()));
    for (int i = 0; i < classes.size(); i++) {
      builder.keys.putInt(i);
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
    for (CompiledPolicySet.Row policy : set.policies()) {
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
          .putInt(0);
    }
    return builder.entries();
  }

  private static MapEntries prefixes(Table table, List<CompiledPolicySet.Prefix> prefixes) {
    Builder builder = new Builder(table, prefixes.size());
    for (CompiledPolicySet.Prefix prefix : prefixes) {
      // The length in host order, the address in network order: linux/bpf.h, struct
      // bpf_lpm_trie_key.
      builder.keys.putInt(prefix.cidr().prefixLength()).put(prefix.cidr().base().bytes());
      builder.values.putInt(prefix.classId());
    }
    return builder.entries();
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
      builder.values.putInt(i + 1);
    }
    return builder.entries();
  }

  private MapEntries edges() {
    List<CgroupAutomaton.Edge> edges = set.cgroups().edges();
    Builder builder = new Builder(Table.EDGES, edges.size());
    for (CgroupAutomaton.Edge edge : edges) {
      builder.keys.putInt(edge.state()).putInt(edge.component());
      builder.values.putInt(edge.nextState()).putInt(edge.classId());
    }
    return builder.entries();
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
