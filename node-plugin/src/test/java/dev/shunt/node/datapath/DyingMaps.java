package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfMaps;
import dev.shunt.node.bpf.MapEntries;
import dev.shunt.node.bpf.MapSpec;
import org.jspecify.annotations.Nullable;

/**
 * Maps of a process that dies before a call that would change something: that call and all that
 * follow, of whatever thread, never reach the kernel.
 */
final class DyingMaps implements BpfMaps {
  private final BpfMaps real;
  private int callsLeft = Integer.MAX_VALUE;
  private int entries;

  DyingMaps(BpfMaps real) {
    this.real = real;
  }

  synchronized void dieAfter(int calls) {
    callsLeft = calls;
  }

  /** Entries that were written or deleted by now. */
  synchronized int entriesChanged() {
    return entries;
  }

  private synchronized void change() {
    if (callsLeft == 0) {
      throw SimulatedCrash.ofProcess();
    }
    callsLeft--;
  }

  private synchronized void change(int changed) {
    change();
    entries += changed;
  }

  private synchronized void look() {
    if (callsLeft == 0) {
      throw SimulatedCrash.ofProcess();
    }
  }

  @Override
  public BpfMap create(MapSpec spec) {
    change();
    return new Dying(real.create(spec));
  }

  @Override
  public BpfMap createOuter(MapSpec spec, BpfMap template) {
    change();
    return new Dying(real.createOuter(spec, ((Dying) template).map));
  }

  private final class Dying implements BpfMap {
    private final BpfMap map;

    Dying(BpfMap map) {
      this.map = map;
    }

    @Override
    public MapSpec spec() {
      return map.spec();
    }

    @Override
    public void put(byte[] key, byte[] value, Put when) {
      change(1);
      map.put(key, value, when);
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
      look();
      return map.get(key);
    }

    @Override
    public boolean delete(byte[] key) {
      change(1);
      return map.delete(key);
    }

    @Override
    public void putAll(MapEntries entries) {
      change(entries.count());
      map.putAll(entries);
    }

    @Override
    public MapEntries readAll() {
      look();
      return map.readAll();
    }

    @Override
    public boolean isEmpty() {
      look();
      return map.isEmpty();
    }

    @Override
    public void putMap(int index, BpfMap inner) {
      change();
      map.putMap(index, ((Dying) inner).map);
    }

    @Override
    public @Nullable BpfMap getMap(int index) {
      look();
      BpfMap inner = map.getMap(index);
      return inner == null ? null : new Dying(inner);
    }

    @Override
    public void close() {
      map.close();
    }
  }
}
