package dev.shunt.node.bpf;

import org.jspecify.annotations.Nullable;

/**
 * A BPF map, as the kernel keeps it. Keys and values are the raw bytes of shunt_abi.h; a length
 * that differs from {@link #spec()} is an {@link IllegalArgumentException}, never a read beyond the
 * array. Refusals by the kernel are {@link BpfException}. One thread at a time; BPF programs and
 * other processes may use the same map meanwhile.
 */
public interface BpfMap extends AutoCloseable {

  MapSpec spec();

  /** When an entry may be written. The names are the kernel's flags. */
  enum Put {
    ANY,
    /** EEXIST when the key is there. */
    NOEXIST,
    /** ENOENT when the key is not there. */
    EXIST
  }

  void put(byte[] key, byte[] value, Put when);

  /** Value of the key; null when there is none. */
  byte @Nullable [] get(byte[] key);

  /** False when the key was not there. EINVAL for arrays. */
  boolean delete(byte[] key);

  /**
   * Writes every entry, replacing values that are there; may stop in the middle when the kernel
   * refuses one.
   */
  void putAll(MapEntries entries);

  /**
   * Every entry; arrays in index order, others in no order. Entries that come or go meanwhile may
   * be missed.
   */
  MapEntries readAll();

  /** Whether there is no entry. Never true for arrays. */
  boolean isEmpty();

  /**
   * Puts a map into an ARRAY_OF_MAPS. When this returns, no BPF program uses the map that was there
   * before, nor any other state it read before the call: the kernel waits for an RCU grace period.
   */
  void putMap(int index, BpfMap inner);

  /**
   * The map at an index of an ARRAY_OF_MAPS, to be closed by the caller; null when the index is
   * empty. The kernel wants CAP_SYS_ADMIN for it.
   */
  @Nullable BpfMap getMap(int index);

  /** Closes the descriptor; a map that is pinned or used by a program lives on. */
  @Override
  void close();
}
