package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfMaps;
import dev.shunt.node.bpf.MapEntries;
import dev.shunt.node.bpf.MapSpec;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
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
   * All that programs can see of the live generation, and what people call it; equal texts for
   * equal content.
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
        seen.add(Map.of(table, content(inner.readAll())));
      }
    }
    return seen;
  }

  /** What {@link #liveGeneration} sees when a set is live. */
  static List<Object> expected(long generation, CompiledPolicySet set, Map<String, Integer> rows) {
    PolicyImage image = new PolicyImage(set, rows);
    List<Object> seen = new ArrayList<>();
    seen.add("generation " + generation);
    seen.add("slot " + Arrays.toString(image.slot(generation)));
    seen.add("digest " + set.digest());
    seen.add(
        "policies "
            + set.policies().stream()
                .map(
                    p -> new SlotLabels.Label(p.name(), Objects.requireNonNull(rows.get(p.name()))))
                .toList());
    for (Table table : Table.values()) {
      seen.add(Map.of(table, content(image.table(table))));
    }
    return seen;
  }

  private static Map<ByteBuffer, ByteBuffer> content(MapEntries entries) {
    Map<ByteBuffer, ByteBuffer> content = new HashMap<>();
    for (int i = 0; i < entries.count(); i++) {
      content.put(ByteBuffer.wrap(entries.key(i)), ByteBuffer.wrap(entries.value(i)));
    }
    return content;
  }
}
