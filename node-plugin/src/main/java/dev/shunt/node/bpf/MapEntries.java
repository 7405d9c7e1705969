package dev.shunt.node.bpf;

import java.util.Arrays;

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

  public byte[] key(int index) {
    return Arrays.copyOfRange(keys, index * keySize, (index + 1) * keySize);
  }

  public byte[] value(int index) {
    return Arrays.copyOfRange(values, index * valueSize, (index + 1) * valueSize);
  }

  /** Whether both hold the same keys with the same values, in whatever order. */
  public boolean sameAs(MapEntries other) {
    if (keySize != other.keySize || valueSize != other.valueSize || count != other.count) {
      return false;
    }
    return Arrays.equals(keys, other.keys)
        ? Arrays.equals(values, other.values)
        : new Index().holdsAllOf(other);
  }

  /**
   * Places of the keys by their hash, open addressing: a map of 65,536 objects would take longer to
   * make than the kernel takes for the entries.
   */
  private final class Index {
    private final int[] slots = new int[Integer.highestOneBit(Math.max(1, count)) * 4];

    Index() {
      for (int i = 0; i < count; i++) {
        int slot = hash(keys, i);
        while (slots[slot] != 0 && !sameKey(keys, i, slots[slot] - 1)) {
          slot = slot + 1 & slots.length - 1;
        }
        slots[slot] = i + 1;
      }
    }

    /** Both have as many entries, and a map has no key twice. */
    boolean holdsAllOf(MapEntries other) {
      for (int i = 0; i < other.count; i++) {
        int slot = hash(other.keys, i);
        while (slots[slot] != 0 && !sameKey(other.keys, i, slots[slot] - 1)) {
          slot = slot + 1 & slots.length - 1;
        }
        int at = slots[slot] - 1;
        if (at < 0 || !sameValue(other.values, i, at)) {
          return false;
        }
      }
      return true;
    }

    private int hash(byte[] bytes, int index) {
      int hash = 0;
      for (int i = index * keySize; i < (index + 1) * keySize; i++) {
        hash = (hash ^ bytes[i]) * FNV_PRIME;
      }
      return (hash ^ hash >>> 15) & slots.length - 1;
    }

    private boolean sameKey(byte[] others, int other, int mine) {
      return Arrays.equals(
          others,
          other * keySize,
          (other + 1) * keySize,
          keys,
          mine * keySize,
          (mine + 1) * keySize);
    }

    private boolean sameValue(byte[] others, int other, int mine) {
      return Arrays.equals(
          others,
          other * valueSize,
          (other + 1) * valueSize,
          values,
          mine * valueSize,
          (mine + 1) * valueSize);
    }
  }
}
