package dev.shunt.node.datapath;

import dev.shunt.node.bpf.MapEntries;
import java.nio.ByteBuffer;

/**
 * The transitions of the cgroup automaton as a hash table in an array, as shunt_abi.h describes it.
 * One thread.
 */
final class EdgeTable {
  /** The hash has 20 bits: more room would not part any two entries. */
  static final int MOST_ROOM = 1 << 19;

  private static final int LEAST = 64;
  private static final int NONE = -1;

  private final ByteBuffer values;
  private final int mask;

  private EdgeTable(ByteBuffer values, int mask) {
    this.values = values;
    this.mask = mask;
  }

  /**
   * @param mask as the slot's header says; of a table that is not there, nothing is found
   */
  static EdgeTable held(MapEntries entries, int mask) {
    boolean whole = mask >= 0 && mask < entries.count() && Integer.bitCount(mask + 1) == 1;
    return new EdgeTable(entries.allValues(), whole ? mask : NONE);
  }

  /** Room for so many entries and as many again, so that probes stay short. */
  static EdgeTable empty(int edges) {
    int size = Math.max(LEAST, Integer.highestOneBit(Math.max(1, edges)) * 4);
    return new EdgeTable(Abi.bytes(size * Abi.EDGE_SIZE), size - 1);
  }

  int mask() {
    return mask;
  }

  /** False when the program would not probe so far. */
  boolean put(int state, int component, int next, int classId) {
    int at = free(state, component);
    if (at < 0) {
      return false;
    }
    values
        .putInt(at, state)
        .putInt(at + 4, component)
        .putInt(at + 8, next)
        .putInt(at + 12, classId);
    return true;
  }

  private int free(int state, int component) {
    for (int probe = 0; probe < Abi.EDGE_PROBES; probe++) {
      int at = at(state, component, probe);
      if (values.getInt(at) == 0) {
        return at;
      }
    }
    return NONE;
  }

  /** Where the entry is, for {@link #next} and {@link #classId}; negative if it is not there. */
  int find(int state, int component) {
    for (int probe = 0; mask >= 0 && probe < Abi.EDGE_PROBES; probe++) {
      int at = at(state, component, probe);
      if (values.getInt(at) == 0) {
        return NONE;
      }
      if (values.getInt(at) == state && values.getInt(at + 4) == component) {
        return at;
      }
    }
    return NONE;
  }

  int next(int at) {
    return values.getInt(at + 8);
  }

  int classId(int at) {
    return values.getInt(at + 12);
  }

  private int at(int state, int component, int probe) {
    int hash = (state * 0x9e37_79b1 ^ component) * 0x85eb_ca6b >>> 12;
    return (hash + probe & mask) * Abi.EDGE_SIZE;
  }

  MapEntries entries() {
    ByteBuffer keys = Abi.bytes((mask + 1) * Integer.BYTES);
    for (int i = 0; i <= mask; i++) {
      keys.putInt(i);
    }
    return new MapEntries(Integer.BYTES, Abi.EDGE_SIZE, keys.array(), values.array());
  }
}
