package dev.shunt.node.datapath;

import dev.shunt.node.bpf.MapSpec;
import dev.shunt.node.bpf.MapType;

/** The maps of one policy generation, each an ARRAY_OF_MAPS with an inner map per slot. */
enum Table {
  PORTS(MapType.ARRAY, Integer.BYTES, Integer.BYTES, MapSpec.MAPPABLE, 65_536),
  CLASSES(MapType.ARRAY, Integer.BYTES, Abi.CLASS_SIZE, MapSpec.INNER_MAP | MapSpec.MAPPABLE, 0),
  POLICIES(MapType.ARRAY, Integer.BYTES, Abi.POLICY_SIZE, MapSpec.MAPPABLE, Abi.MAX_POLICIES),
  CLIENTS4(MapType.LPM_TRIE, Abi.V4_KEY_SIZE, Integer.BYTES, MapSpec.NO_PREALLOC, 0),
  CLIENTS6(MapType.LPM_TRIE, Abi.V6_KEY_SIZE, Integer.BYTES, MapSpec.NO_PREALLOC, 0),
  SERVERS4(MapType.LPM_TRIE, Abi.V4_KEY_SIZE, Integer.BYTES, MapSpec.NO_PREALLOC, 0),
  SERVERS6(MapType.LPM_TRIE, Abi.V6_KEY_SIZE, Integer.BYTES, MapSpec.NO_PREALLOC, 0),
  NAMES(MapType.HASH, Abi.COMPONENT_SIZE, Integer.BYTES, MapSpec.NO_PREALLOC, 0),
  EDGES(MapType.HASH, Abi.EDGE_KEY_SIZE, Abi.EDGE_SIZE, MapSpec.NO_PREALLOC, 0),
  /**
   * A cache the programs fill. Never shared between generations: a class number means nothing in
   * another one.
   */
  CGROUPS(MapType.LRU_HASH, Long.BYTES, Integer.BYTES, 0, 8_192);

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

  /** Shape of an inner map for so many entries; a map of none still needs room for one. */
  MapSpec inner(int entries) {
    int capacity = fixedEntries == 0 ? Math.max(1, entries) : fixedEntries;
    return new MapSpec(type, mapName(), keySize, valueSize, capacity, flags);
  }
}
