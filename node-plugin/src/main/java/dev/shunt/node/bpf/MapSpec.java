package dev.shunt.node.bpf;

import java.nio.charset.StandardCharsets;

/**
 * Shape of a map.
 *
 * @param name at most 15 bytes, the kernel's limit
 * @param keySize bytes
 * @param valueSize bytes; of an ARRAY_OF_MAPS always 4
 * @param flags {@code BPF_F_*} of map creation
 */
public record MapSpec(
    MapType type, String name, int keySize, int valueSize, int maxEntries, int flags) {

  /** A hash that takes memory for an entry when the entry comes. */
  public static final int NO_PREALLOC = 1;

  /** An array that may stand in an ARRAY_OF_MAPS whatever its number of entries (kernel 5.10). */
  public static final int INNER_MAP = 1 << 12;

  /** An array that user space reads and writes as memory, without a call per entry (kernel 5.5). */
  public static final int MAPPABLE = 1 << 10;

  private static final int MAX_NAME = 15;

  public MapSpec {
    if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME) {
      throw new IllegalArgumentException("a map name has at most 15 bytes, found " + name);
    }
    if (keySize < 0 || valueSize < 0 || maxEntries < 0) {
      throw new IllegalArgumentException(
          "sizes must not be negative, found key %d, value %d, entries %d"
              .formatted(keySize, valueSize, maxEntries));
    }
  }

  public MapSpec withMaxEntries(int entries) {
    return new MapSpec(type, name, keySize, valueSize, entries, flags);
  }
}
