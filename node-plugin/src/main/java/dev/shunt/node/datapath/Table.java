package dev.shunt.node.datapath;

import dev.shunt.node.bpf.MapSpec;
import dev.shunt.node.bpf.MapType;

/** The maps of one policy generation, each an ARRAY_OF_MAPS with an inner map per slot. */
enum Table {
  PORTS(MapType.ARRAY, Integer.BYTES, Integer.BYTES, MapSpec.MAPPABLE, 65_536),
  CLASSES(MapType.ARRAY, Integer.BYTES, Abi.CLASS_SIZE, MapSpec.INNER_MAP | MapSpec.MAPPABLE, 0),
  POLICIES(MapType.ARRAY, Integer.BYTES, Abi.POLICY_SIZE, MapSpec.MAPPABLE, Abi.MAX_POLICIES),
  CLIENTS4(MapType.ARRAY, Integer.BYTES, Abi.BOUND4_SIZE, MapSpec.INNER_MAP | MapSpec.MAPPABLE, 0),
  CLIENTS6(MapType.ARRAY, Integer.BYTES, Abi.BOUND6_SIZE, MapSpec.INNER_MAP | MapSpec.MAPPABLE, 0),
  SERVERS4(MapType.ARRAY, Integer.BYTES, Abi.BOUND4_SIZE, MapSpec.INNER_MAP | MapSpec.MAPPABLE, 0),
  SERVERS6(MapType.ARRAY, Integer.BYTES, Abi.BOUND6_SIZE, MapSpec.INNER_MAP | MapSpec.MAPPABLE, 0),
  NAMES(MapType.HASH, Abi.COMPONENT_SIZE, Integer.BYTES, MapSpec.NO_PREALLOC, 0),
  EDGES(MapType.ARRAY, Integer.BYTES, Abi.EDGE_SIZE, MapSpec.INNER_MAP | MapSpec.MAPPABLE, 0),
  /**
   * A cache the programs fill. Emptied before every generation: a class number means nothing in
   * another one.
   */
  CGROUPS(MapType.LRU_HASH, Long.BYTES, Integer.BYTES, 0, 8_192);

  /** Changes that are made one by one rather than into a new map, whatever their share. */
  static final int FEW = 256;

  private static final int LEAST_ROOM = 64;

  /** Below it, a map that is larger than it need be is not worth another one. */
  private static final int SMALL = 4_096;

  private final MapType type;
  private final int keySize;
  private final int valueSize;
  private final int flags;
  private final int fixedEntries;

  /**
   * @param fixedEntries capacity whatever is in it, or 0 for as many as there are entries
   */
  Table(MapType type, int keySize, int valueSize, int flags, int fixedEntries) {
    this.type = type;
    this.keySize = keySize;
    this.valueSize = valueSize;
    this.flags = flags;
    this.fixedEntries = fixedEntries;
  }

  /** Name of the outer map and of its pin. */
  String mapName() {
    return "shunt_" + name().toLowerCase(java.util.Locale.ROOT);
  }

  int keySize() {
    return keySize;
  }

  int valueSize() {
    return valueSize;
  }

  MapSpec outer() {
    return new MapSpec(
        MapType.ARRAY_OF_MAPS, mapName(), Integer.BYTES, Integer.BYTES, Abi.SLOTS, 0);
  }

  /** Shape of a new inner map for so many entries, with room for some more. */
  MapSpec inner(int entries) {
    int capacity = fixedEntries == 0 ? entries + entries / 4 + LEAST_ROOM : fixedEntries;
    return new MapSpec(type, mapName(), keySize, valueSize, capacity, flags);
  }

  /** Whether a map that is there can hold so many, and is not far too large for them. */
  boolean suits(MapSpec there, int entries) {
    return fixedEntries != 0
        || entries <= there.maxEntries() && there.maxEntries() <= 4L * entries + SMALL;
  }

  boolean isArray() {
    return type.isArray();
  }
}
