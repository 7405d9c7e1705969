package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfMaps;
import dev.shunt.node.bpf.MapEntries;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The inner maps of the idle slot. What differs from what they hold is written in place; where that
 * would be most of it, or the map is too small, another map is filled and put into the slot. For
 * one attempt; what the slot held is read from the kernel, not remembered, so that it is also right
 * after a restart, a crash or a failed attempt.
 */
final class IdleTables implements AutoCloseable {
  private final BpfMaps kernel;
  private final DatapathMaps maps;
  private final int idleSlot;
  private final Executor workers;

  /** Maps of the idle slot that no other slot has. */
  private final Map<Table, BpfMap> own = new EnumMap<>(Table.class);

  private final Map<Table, BpfMap> fresh = new EnumMap<>(Table.class);
  private final AtomicInteger written = new AtomicInteger();
  private HeldSlot held = HeldSlot.NOTHING;
  private List<CompletableFuture<Void>> work = List.of();

  IdleTables(BpfMaps kernel, DatapathMaps maps, int idleSlot, Executor workers) {
    this.kernel = kernel;
    this.maps = maps;
    this.idleSlot = idleSlot;
    this.workers = workers;
  }

  /** Programs may still read the slot meanwhile, and fill its cache of cgroups. */
  HeldSlot read() {
    Map<Table, MapEntries> tables = new EnumMap<>(Table.class);
    work =
        forEach(
            Table.values(),
            table -> {
              BpfMap map = openOwn(table);
              if (map != null) {
                synchronized (this) {
                  own.put(table, map);
                }
                MapEntries entries = map.readAll();
                synchronized (this) {
                  tables.put(table, entries);
                }
              }
            });
    join(CompletableFuture.allOf(work.toArray(CompletableFuture[]::new)));
    byte[] header = maps.slots().get(Abi.index(idleSlot));
    held = header == null ? HeldSlot.NOTHING : new HeldSlot(header, tables);
    return held;
  }

  private @Nullable BpfMap openOwn(Table table) {
    BpfMap outer = maps.outer(table);
    byte[] mine = outer.get(Abi.index(idleSlot));
    if (mine == null || Arrays.equals(mine, outer.get(Abi.index(Abi.otherSlot(idleSlot))))) {
      return null;
    }
    try {
      return outer.getMap(idleSlot);
    } catch (BpfException e) {
      // Opening a map by id needs CAP_SYS_ADMIN. Without it every table is written whole, which is
      // merely slower.
      return null;
    }
  }

  /**
   * Only when no program can read the slot any more. All tables at once: they have nothing to do
   * with each other, and most time is the kernel's.
   */
  Map<Table, CompletableFuture<Void>> startWriting(PolicyImage image) {
    Map<Table, CompletableFuture<Void>> writes = new EnumMap<>(Table.class);
    for (Table table : Table.values()) {
      writes.put(
          table, CompletableFuture.runAsync(() -> write(table, image.table(table)), workers));
    }
    work = List.copyOf(writes.values());
    return writes;
  }

  private void write(Table table, MapEntries content) {
    BpfMap there = own.get(table);
    if (there == null
        || !table.suits(there.spec(), content.count())
        || !change(table, there, content)) {
      BpfMap map = kernel.create(table.inner(content.count()));
      synchronized (this) {
        fresh.put(table, map);
      }
      written.addAndGet(content.count());
      map.putAll(content);
      verify(table, content, map);
    }
  }

  /** False, and nothing is done, when a new map would be less work. */
  private boolean change(Table table, BpfMap map, MapEntries content) {
    // Programs filled the cache until a moment ago.
    MapEntries before = table == Table.CGROUPS ? map.readAll() : held.table(table);
    MapEntries changes = content.changesFrom(before);
    List<byte[]> gone = table.isArray() ? List.of() : content.keysOnlyIn(before);
    int calls = changes.count() + gone.size();
    if (!table.isArray() && calls > Table.FEW && calls > content.count() / 2) {
      return false;
    }
    if (calls > 0) {
      gone.forEach(map::delete);
      if (changes.count() > 0) {
        map.putAll(changes);
      }
      verify(table, content, map);
      written.addAndGet(table == Table.CGROUPS ? 0 : calls);
    }
    return true;
  }

  private static void verify(Table table, MapEntries content, BpfMap map) {
    MapEntries found = map.readAll();
    // An array has room for more, which nothing points to.
    boolean same = table.isArray() ? content.isHeldBy(found) : content.sameAs(found);
    if (!same) {
      throw PolicyWriter.mismatch(table.mapName() + " does not hold what was written to it");
    }
  }

  /**
   * By a thread each: the kernel waits for a grace period of RCU after each of these updates, some
   * 15 ms, and this way they all wait for the same one.
   */
  void put() {
    work =
        forEach(
            fresh.keySet().toArray(Table[]::new),
            table -> maps.outer(table).putMap(idleSlot, Objects.requireNonNull(fresh.get(table))));
    join(CompletableFuture.allOf(work.toArray(CompletableFuture[]::new)));
  }

  /** Entries that were written or taken out. */
  int written() {
    return written.get();
  }

  private List<CompletableFuture<Void>> forEach(Table[] tables, Consumer<Table> what) {
    List<CompletableFuture<Void>> started = new ArrayList<>();
    for (Table table : tables) {
      started.add(CompletableFuture.runAsync(() -> what.accept(table), workers));
    }
    return List.copyOf(started);
  }

  /** Waits, and throws what happened there as if it had happened here. */
  static void join(CompletableFuture<Void> work) {
    try {
      work.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  @Override
  public void close() {
    // After a failure others may still be at work on what is closed here.
    work.forEach(one -> one.handle((done, failure) -> done).join());
    own.values().forEach(BpfMap::close);
    fresh.values().forEach(BpfMap::close);
  }
}
