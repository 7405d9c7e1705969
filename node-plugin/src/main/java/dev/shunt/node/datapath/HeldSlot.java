package dev.shunt.node.datapath;

import dev.shunt.node.bpf.MapEntries;
import java.util.Map;
import java.util.Objects;

/**
 * What a slot's maps hold, as it was read from the kernel: perhaps of an attempt that failed, so
 * nothing in it is to be relied on.
 *
 * @param header {@code struct shunt_slot}
 * @param tables those that could be read
 */
record HeldSlot(byte[] header, Map<Table, MapEntries> tables) {
  static final HeldSlot NOTHING = new HeldSlot(new byte[Abi.SLOT_SIZE], Map.of());

  HeldSlot {
    tables = Map.copyOf(tables);
  }

  boolean has(Table table) {
    return tables.containsKey(table);
  }

  /** The entries of a table; none when it was not read. */
  MapEntries table(Table table) {
    MapEntries entries = tables.get(table);
    return Objects.requireNonNullElseGet(
        entries, () -> MapEntries.none(table.keySize(), table.valueSize()));
  }

  int number(int offset) {
    return Abi.wrap(header).getInt(offset);
  }
}
