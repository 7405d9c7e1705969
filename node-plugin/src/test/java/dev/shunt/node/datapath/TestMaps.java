package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfMaps;
import dev.shunt.node.bpf.MapEntries;
import dev.shunt.node.bpf.MapSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;

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
  static List<String> liveGeneration(DatapathMaps maps) {
    long generation = maps.generation();
    int slot = Abi.slotOf(generation);
    List<String> seen = new ArrayList<>();
    seen.add("generation " + generation);
    if (generation == 0) {
      return seen;
    }
    seen.add("slot " + Arrays.toString(maps.slots().get(Abi.index(slot))));
    seen.add("digest " + new SlotLabels(maps.labels()).digest(slot));
    seen.add("policies " + maps.livePolicies());
    for (Table table : Table.values()) {
      try (BpfMap inner = Objects.requireNonNull(maps.outer(table).getMap(slot))) {
        seen.add(table + " " + sorted(inner.readAll()));
      }
    }
    return seen;
  }

  private static TreeMap<String, String> sorted(MapEntries entries) {
    TreeMap<String, String> sorted = new TreeMap<>();
    for (int i = 0; i < entries.count(); i++) {
      sorted.put(Arrays.toString(entries.key(i)), Arrays.toString(entries.value(i)));
    }
    return sorted;
  }
}
