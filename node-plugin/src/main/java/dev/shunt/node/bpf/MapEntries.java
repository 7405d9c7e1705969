package dev.shunt.node.bpf;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Entries of one map as two flat arrays, the way batch calls take them. The arrays are shared, not
 * copied: whoever hands them over lets go of them.
 */
public final class MapEntries {
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
        : index().equals(other.index());
  }

  private Map<ByteBuffer, ByteBuffer> index() {
    Map<ByteBuffer, ByteBuffer> index = new HashMap<>(count * 2);
    for (int i = 0; i < count; i++) {
      index.put(
          ByteBuffer.wrap(keys, i * keySize, keySize),
          ByteBuffer.wrap(values, i * valueSize, valueSize));
    }
    return index;
  }
}
