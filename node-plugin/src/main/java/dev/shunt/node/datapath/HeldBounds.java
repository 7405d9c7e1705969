package dev.shunt.node.datapath;

import dev.shunt.node.bpf.MapEntries;
import java.nio.ByteBuffer;

/** The bounds in an address table as the kernel holds it. */
final class HeldBounds {
  private final ByteBuffer values;
  private final boolean v4;
  private final int first;
  private final int size;
  private final int count;

  private HeldBounds(MapEntries entries, boolean v4, int count) {
    this.values = entries.allValues();
    this.v4 = v4;
    this.first = v4 ? Abi.BLOCKS + 1 : 0;
    this.size = v4 ? Abi.BOUND4_SIZE : Abi.BOUND6_SIZE;
    this.count = Math.max(0, Math.min(count, entries.count() - first));
  }

  /**
   * @param count as the slot's header says; a table that failed half way may hold less
   */
  static HeldBounds of(Table table, MapEntries entries, int count) {
    return new HeldBounds(entries, table.valueSize() == Abi.BOUND4_SIZE, count);
  }

  int count() {
    return count;
  }

  int compare(int bound, long high, long low) {
    int at = (first + bound) * size;
    if (v4) {
      return Long.compare(Integer.toUnsignedLong(values.getInt(at)), low);
    }
    int order = Long.compareUnsigned(values.getLong(at), high);
    return order != 0 ? order : Long.compareUnsigned(values.getLong(at + Long.BYTES), low);
  }

  int classId(int bound) {
    return values.getInt((first + bound) * size + (v4 ? Integer.BYTES : 2 * Long.BYTES));
  }
}
