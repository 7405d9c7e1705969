package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.MapSpec;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The maps the node plugin reads and writes, each checked against shunt_abi.h when it is opened.
 */
final class DatapathMaps implements AutoCloseable {
  /** Made by the node plugin itself; the programs do not know them. */
  static final List<MapSpec> OWN = List.of(InstallRecord.SPEC, CounterRows.SPEC, SlotLabels.SPEC);

  private static final List<MapSpec> SHARED =
      List.of(Abi.ACTIVE, Abi.SLOT, Abi.CONFIG, Abi.COUNTERS);

  /** Of every map but the tables of the generations. */
  static List<MapSpec> specs() {
    return Stream.concat(SHARED.stream(), OWN.stream()).toList();
  }

  private final Map<String, BpfMap> maps = new LinkedHashMap<>();
  private final Map<Table, BpfMap> outers = new EnumMap<>(Table.class);

  private DatapathMaps() {}

  /**
   * Opens every map by name.
   *
   * @throws IllegalStateException that lists every difference, when maps do not have the expected
   *     shape
   */
  static DatapathMaps open(Function<String, BpfMap> byName) {
    DatapathMaps opened = new DatapathMaps();
    List<String> differences = new ArrayList<>();
    try {
      for (MapSpec spec : specs()) {
        opened.maps.put(spec.name(), checked(byName.apply(spec.name()), spec, differences));
      }
      for (Table table : Table.values()) {
        opened.outers.put(
            table, checked(byName.apply(table.mapName()), table.outer(), differences));
      }
      if (!differences.isEmpty()) {
        throw new IllegalStateException(
            "the pinned maps are not those of shunt_abi.h: " + String.join("; ", differences));
      }
      return opened;
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private static BpfMap checked(BpfMap map, MapSpec expected, List<String> differences) {
    MapSpec found = map.spec();
    boolean same =
        found.type() == expected.type()
            && found.keySize() == expected.keySize()
            && found.valueSize() == expected.valueSize()
            && found.maxEntries() == expected.maxEntries();
    if (!same) {
      differences.add("expected %s, found %s".formatted(shape(expected), shape(found)));
    }
    return map;
  }

  private static String shape(MapSpec spec) {
    return "%s %s[%d] key %d value %d"
        .formatted(spec.name(), spec.type(), spec.maxEntries(), spec.keySize(), spec.valueSize());
  }

  BpfMap active() {
    return get(Abi.ACTIVE);
  }

  BpfMap slots() {
    return get(Abi.SLOT);
  }

  BpfMap config() {
    return get(Abi.CONFIG);
  }

  BpfMap counters() {
    return get(Abi.COUNTERS);
  }

  BpfMap meta() {
    return get(InstallRecord.SPEC);
  }

  BpfMap rows() {
    return get(CounterRows.SPEC);
  }

  BpfMap labels() {
    return get(SlotLabels.SPEC);
  }

  BpfMap outer(Table table) {
    BpfMap map = outers.get(table);
    if (map == null) {
      throw new IllegalStateException(table.mapName() + " is not open");
    }
    return map;
  }

  private BpfMap get(MapSpec spec) {
    BpfMap map = maps.get(spec.name());
    if (map == null) {
      throw new IllegalStateException(spec.name() + " is not open");
    }
    return map;
  }

  /** Generation the programs read now; 0 before the first. */
  long generation() {
    byte[] active = active().get(Abi.index(0));
    return active == null ? 0 : Abi.wrap(active).getLong();
  }

  /** Policies of the live generation. */
  List<SlotLabels.Label> livePolicies() {
    long generation = generation();
    if (generation == 0) {
      return List.of();
    }
    int slot = Abi.slotOf(generation);
    byte[] header = slots().get(Abi.index(slot));
    int policies = header == null ? 0 : Abi.wrap(header).getInt(Abi.SLOT_POLICIES);
    return new SlotLabels(labels()).read(slot, policies);
  }

  @Override
  public void close() {
    maps.values().forEach(BpfMap::close);
    outers.values().forEach(BpfMap::close);
  }
}
