package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfMaps;
import dev.shunt.node.bpf.MapEntries;
import dev.shunt.node.bpf.MapSpec;
import dev.shunt.policy.compile.CompiledPolicySet;
import dev.shunt.policy.compile.CompiledPolicySet.Row;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The maps of a datapath without its programs: what the writer writes and the reader reads. */
final class TestMaps {
  private TestMaps() {}

  static DatapathMaps create(BpfMaps kernel) {
    return DatapathMaps.open(name -> create(kernel, name));
  }

  private static BpfMap create(BpfMaps kernel, String name) {
    for (MapSpec spec : DatapathMaps.specs()) {
      if (spec.name().equals(name)) {
        return kernel.create(spec);
      }
    }
    for (Table table : Table.values()) {
      if (table.mapName().equals(name)) {
        try (BpfMap template = kernel.create(table.inner(0))) {
          return kernel.createOuter(table.outer(), template);
        }
      }
    }
    throw new AssertionError("no map " + name);
  }

  /**
   * All that programs can see of the live generation, and what people call it; equal for equal
   * content.
   */
  static List<Object> liveGeneration(DatapathMaps maps) {
    long generation = maps.generation();
    int slot = Abi.slotOf(generation);
    List<Object> seen = new ArrayList<>();
    seen.add("generation " + generation);
    if (generation == 0) {
      return seen;
    }
    seen.add("slot " + Arrays.toString(maps.slots().get(Abi.index(slot))));
    seen.add("digest " + new SlotLabels(maps.labels()).digest(slot));
    seen.add("policies " + maps.livePolicies());
    for (Table table : Table.values()) {
      try (BpfMap inner = Objects.requireNonNull(maps.outer(table).getMap(slot))) {
        seen.add(Map.of(table, content(table, inner.readAll())));
      }
    }
    return seen;
  }

  /**
   * Whether programs that read the live slot find this set there, whatever numbers its classes and
   * states have: the same set written over it would change nothing.
   */
  static void assertLive(
      DatapathMaps maps, long generation, CompiledPolicySet set, Map<String, Integer> rows) {
    assertThat(maps.generation()).isEqualTo(generation);
    int slot = Abi.slotOf(generation);
    assertThat(new SlotLabels(maps.labels()).digest(slot)).isEqualTo(set.digest());
    assertThat(maps.livePolicies())
        .extracting(SlotLabels.Label::policy)
        .containsExactlyElementsOf(set.policies().stream().map(Row::name).toList());
    assertThat(maps.livePolicies())
        .allMatch(label -> Objects.equals(rows.get(label.policy()), label.row()));
    HeldSlot held = held(maps, slot);
    PolicyImage image = new PolicyImage(set, rows, held);
    assertThat(held.header()).isEqualTo(image.slot(generation));
    for (Table table : Table.values()) {
      MapEntries content = image.table(table);
      assertThat(content.changesFrom(held.table(table)).count()).as(table.name()).isZero();
      if (!table.isArray()) {
        assertThat(held.table(table).count()).as(table.name()).isEqualTo(content.count());
      }
    }
  }

  static HeldSlot held(DatapathMaps maps, int slot) {
    Map<Table, MapEntries> tables = new EnumMap<>(Table.class);
    for (Table table : Table.values()) {
      try (BpfMap inner = Objects.requireNonNull(maps.outer(table).getMap(slot))) {
        tables.put(table, inner.readAll());
      }
    }
    return new HeldSlot(Objects.requireNonNull(maps.slots().get(Abi.index(slot))), tables);
  }

  /** Arrays as their bytes; what a hash holds in whatever order. */
  private static Object content(Table table, MapEntries entries) {
    if (table.isArray()) {
      return entries.allValues();
    }
    Map<ByteBuffer, ByteBuffer> content = new HashMap<>();
    for (int i = 0; i < entries.count(); i++) {
      content.put(ByteBuffer.wrap(entries.key(i)), ByteBuffer.wrap(entries.value(i)));
    }
    return content;
  }
}
