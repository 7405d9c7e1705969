package dev.shunt.node.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Entries of one map as two flat arrays, the way batch calls take them. The arrays are shared, not
 * copied: whoever hands them over lets go of them.
 */
public final class MapEntries {
  private static final int FNV_PRIME = 0x0100_0193;

  private final int keySize;
  private final int valueSize;
  private final int count;
  private final byte[] keys;
  private final byte[] values;

  public MapEntries(int keySize, int valueSize, byte[] keys, byte[] values) {
    if (keySize <= 0 || keys.length % keySize != 0) {
      throw new IllegalArgumentException(
          "keys must be a multiple of %d bytes, found %d".formatted(keySize, keys.length));
    }
    this.keySize = keySize;
    this.valueSize = valueSize;
    this.count = keys.length / keySize;
    if (values.length != count * valueSize) {
      throw new IllegalArgumentException(
          "%d keys need %d bytes of values, found %d"
              .formatted(count, count * valueSize, values.length));
    }
    this.keys = keys;
    this.values = values;
  }

  public int count() {
    return count;
  }

  int keySize() {
    return keySize;
  }

  int valueSize() {
    return valueSize;
  }

  byte[] keys() {
    return keys;
  }

  byte[] values() {
    return values;
  }

  /** All keys, one after the other, to be read by index; numbers as this machine lays them out. */
  public ByteBuffer allKeys() {
    return ByteBuffer.wrap(keys).asReadOnlyBuffer().order(ByteOrder.nativeOrder());
  }

  /** All values, as {@link #allKeys}. */
  public ByteBuffer allValues() {
    return ByteBuffer.wrap(values).asReadOnlyBuffer().order(ByteOrder.nativeOrder());
  }

  public byte[] key(int index) {
    return Arrays.copyOfRange(keys, index * keySize, (index + 1) * keySize);
  }

  public byte[] value(int index) {
    return Arrays.copyOfRange(values, index * valueSize, (index + 1) * valueSize);
  }

  public static MapEntries none(int keySize, int valueSize) {
    return new MapEntries(keySize, valueSize, new byte[0], new byte[0]);
  }

  /** Whether both hold the same keys with the same values, in whatever order. */
  public boolean sameAs(MapEntries other) {
    return count == other.count && isHeldBy(other);
  }

  /** Whether all of this is in {@code other} too. */
  public boolean isHeldBy(MapEntries other) {
    return changes(other).isEmpty();
  }

  /** The entries of this that {@code held} lacks or has with another value. */
  public MapEntries changesFrom(MapEntries held) {
    BitSet changed = changes(held);
    byte[] changedKeys = new byte[changed.cardinality() * keySize];
    byte[] changedValues = new byte[changed.cardinality() * valueSize];
    int at = 0;
    for (int i = changed.nextSetBit(0); i >= 0; i = changed.nextSetBit(i + 1)) {
      System.arraycopy(keys, i * keySize, changedKeys, at * keySize, keySize);
      System.arraycopy(values, i * valueSize, changedValues, at * valueSize, valueSize);
      at++;
    }
    return new MapEntries(keySize, valueSize, changedKeys, changedValues);
  }

  /** The keys of {@code held} that this lacks. */
  public List<byte[]> keysOnlyIn(MapEntries held) {
    List<byte[]> gone = new ArrayList<>();
    if (held.count > 0) {
      Index index = new Index();
      for (int i = 0; i < held.count; i++) {
        if (index.find(held, i) < 0) {
          gone.add(held.key(i));
        }
      }
    }
    return gone;
  }

  private BitSet changes(MapEntries held) {
    if (keySize != held.keySize || valueSize != held.valueSize) {
      throw new IllegalArgumentException(
          "expected entries of %d+%d bytes, found %d+%d"
              .formatted(keySize, valueSize, held.keySize, held.valueSize));
    }
    if (count <= held.count && Arrays.equals(keys, 0, keys.length, held.keys, 0, keys.length)) {
      return changesInPlace(held);
    }
    BitSet changed = new BitSet();
    Index index = held.new Index();
    for (int i = 0; i < count; i++) {
      int at = index.find(this, i);
      if (at < 0 || !held.sameValue(this, i, at)) {
        changed.set(i);
      }
    }
    return changed;
  }

  /** Arrays have their keys in the same places. */
  private BitSet changesInPlace(MapEntries held) {
    BitSet changed = new BitSet();
    int from = 0;
    while (from < values.length) {
      int differs = Arrays.mismatch(values, from, values.length, held.values, from, values.length);
      if (differs < 0) {
        break;
      }
      int entry = (from + differs) / valueSize;
      changed.set(entry);
      from = (entry + 1) * valueSize;
    }
    return changed;
  }

  private boolean sameKey(MapEntries other, int theirs, int mine) {
    return Arrays.equals(
        other.keys,
        theirs * keySize,
        (theirs + 1) * keySize,
        keys,
        mine * keySize,
        (mine + 1) * keySize);
  }

  private boolean sameValue(MapEntries other, int theirs, int mine) {
    return Arrays.equals(
        other.values,
        theirs * valueSize,
        (theirs + 1) * valueSize,
        values,
        mine * valueSize,
        (mine + 1) * valueSize);
  }

  /**
   * Places of the keys by their hash, open addressing: a map of 65,536 objects would take longer to
   * make than the kernel takes for the entries.
   */
  private final class Index {
    private final int[] slots = new int[Integer.highestOneBit(Math.max(1, count)) * 4];

    Index() {
      for (int i = 0; i < count; i++) {
        slots[slotOf(MapEntries.this, i)] = i + 1;
      }
    }

    /** Place of the key that another has at an index, or -1. */
    int find(MapEntries other, int theirs) {
      return slots[slotOf(other, theirs)] - 1;
    }

    private int slotOf(MapEntries other, int theirs) {
      int slot = hash(other.keys, theirs);
      while (slots[slot] != 0 && !sameKey(other, theirs, slots[slot] - 1)) {
        slot = slot + 1 & slots.length - 1;
      }
      return slot;
    }

    private int hash(byte[] bytes, int index) {
      int hash = 0;
      for (int i = index * keySize; i < (index + 1) * keySize; i++) {
        hash = (hash ^ bytes[i]) * FNV_PRIME;
      }
      return (hash ^ hash >>> 15) & slots.length - 1;
    }
  }
}
