package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.MapEntries;
import dev.shunt.node.bpf.MapSpec;
import dev.shunt.node.bpf.MapType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which counter row belongs to which policy. A policy keeps its row as long as it can, also while
 * it is deleted, so that its counters survive an edit, a roll-back and a restart of the node
 * plugin. A row is zeroed before it changes hands.
 */
final class CounterRows {
  static final int NAME_SIZE = 64;
  static final MapSpec SPEC =
      new MapSpec(
          MapType.HASH,
          "shunt_rows",
          NAME_SIZE,
          Integer.BYTES,
          Abi.COUNTER_ROWS,
          MapSpec.NO_PREALLOC);

  private final BpfMap rows;
  private final BpfMap counters;

  CounterRows(BpfMap rows, BpfMap counters) {
    this.rows = rows;
    this.counters = counters;
  }

  /**
   * A row for every name: the one it had, else a free one, else that of a name that neither set
   * needs, else that of a live name that the new set lacks. May be repeated after a crash anywhere
   * inside.
   *
   * @param live names of the set that is live until the flip
   */
  Map<String, Integer> assign(List<String> names, Set<String> live) {
    if (names.size() > Abi.MAX_POLICIES) {
      throw new IllegalArgumentException(
          "expected at most %d policies, found %d".formatted(Abi.MAX_POLICIES, names.size()));
    }
    Map<String, Integer> known = read();
    Iterator<Integer> free = free(known).iterator();
    Iterator<String> spare = spare(known.keySet(), names, live).iterator();
    Map<String, Integer> assigned = new LinkedHashMap<>();
    Map<String, Integer> fresh = new LinkedHashMap<>();
    for (String name : names) {
      Integer row = known.get(name);
      if (row == null) {
        row = free.hasNext() ? free.next() : release(spare.next(), known);
        fresh.put(name, row);
      }
      assigned.put(name, row);
    }
    // Zeroed while they belong to nobody: a crash before or after this leaves free rows.
    counters.putAll(zeroes(fresh.values()));
    rows.putAll(entries(fresh));
    return assigned;
  }

  private static MapEntries zeroes(Collection<Integer> rows) {
    ByteBuffer keys = Abi.bytes(rows.size() * Integer.BYTES);
    rows.forEach(keys::putInt);
    return new MapEntries(
        Integer.BYTES, Abi.COUNTERS_SIZE, keys.array(), new byte[rows.size() * Abi.COUNTERS_SIZE]);
  }

  private static MapEntries entries(Map<String, Integer> rows) {
    ByteBuffer keys = Abi.bytes(rows.size() * NAME_SIZE);
    ByteBuffer values = Abi.bytes(rows.size() * Integer.BYTES);
    rows.forEach(
        (name, row) -> {
          keys.put(key(name));
          values.putInt(row);
        });
    return new MapEntries(NAME_SIZE, Integer.BYTES, keys.array(), values.array());
  }

  /** Row of every name that has one. */
  Map<String, Integer> read() {
    Map<String, Integer> known = new HashMap<>();
    MapEntries entries = rows.readAll();
    for (int i = 0; i < entries.count(); i++) {
      known.put(Abi.text(entries.key(i)), Abi.wrap(entries.value(i)).getInt());
    }
    return known;
  }

  private int release(String name, Map<String, Integer> known) {
    Integer row = known.get(name);
    if (row == null) {
      throw new IllegalStateException("policy " + name + " has no row to give");
    }
    rows.delete(key(name));
    return row;
  }

  private static List<Integer> free(Map<String, Integer> known) {
    BitSet used = new BitSet(Abi.COUNTER_ROWS);
    used.set(Abi.ROW_NONE);
    known.values().forEach(used::set);
    used.flip(0, Abi.COUNTER_ROWS);
    return used.stream().boxed().toList();
  }

  private static List<String> spare(Set<String> known, List<String> names, Set<String> live) {
    Set<String> wanted = Set.copyOf(names);
    TreeMap<String, String> order = new TreeMap<>();
    for (String name : known) {
      if (!wanted.contains(name)) {
        order.put((live.contains(name) ? "1" : "0") + name, name);
      }
    }
    return List.copyOf(order.values());
  }

  static byte[] key(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0 || bytes.length >= NAME_SIZE) {
      throw new IllegalArgumentException(
          "a policy name has 1 to %d bytes, found %s".formatted(NAME_SIZE - 1, name));
    }
    return Abi.bytes(NAME_SIZE).put(bytes).array();
  }
}
