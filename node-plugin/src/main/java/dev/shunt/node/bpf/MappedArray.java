package dev.shunt.node.bpf;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The entries of a {@link MapSpec#MAPPABLE} array as memory of this process. A batch call copies
 * entry by entry and is 20 times slower. One thread.
 */
final class MappedArray implements AutoCloseable {
  /** Entries begin at multiples of this (kernel/bpf/arraymap.c, elem_size). */
  private static final int ALIGNMENT = 8;

  private final MapSpec spec;
  private final int stride;
  private final Pointer address;
  private final ByteBuffer memory;

  MappedArray(MapSpec spec, BpfFd fd) {
    this.spec = spec;
    this.stride = (spec.valueSize() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    this.address =
        Libc.mmap(
            null, length(), Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, fd.number(), 0);
    if (Pointer.nativeValue(address) == -1) {
      throw new BpfException("mmap " + spec.name(), Native.getLastError());
    }
    this.memory = address.getByteBuffer(0, length()).order(ByteOrder.nativeOrder());
  }

  static boolean suits(MapSpec spec) {
    return spec.type() == MapType.ARRAY && (spec.flags() & MapSpec.MAPPABLE) != 0;
  }

  void write(MapEntries entries) {
    ByteBuffer keys = entries.allKeys();
    int from = 0;
    while (from < entries.count()) {
      int first = keys.getInt(from * Integer.BYTES);
      int to = from + 1;
      while (isDense()
          && to < entries.count()
          && keys.getInt(to * Integer.BYTES) == first + to - from) {
        to++;
      }
      int last = first + to - from - 1;
      if (first < 0 || last >= spec.maxEntries()) {
        throw new BpfException("write " + spec.name() + "[" + last + "]", Errno.E2BIG);
      }
      memory.put(
          first * stride,
          entries.values(),
          from * spec.valueSize(),
          (to - from) * spec.valueSize());
      from = to;
    }
  }

  MapEntries read() {
    ByteBuffer keys =
        ByteBuffer.allocate(spec.maxEntries() * spec.keySize()).order(ByteOrder.nativeOrder());
    byte[] values = new byte[spec.maxEntries() * spec.valueSize()];
    for (int i = 0; i < spec.maxEntries(); i++) {
      keys.putInt(i);
    }
    if (isDense()) {
      memory.get(0, values);
    } else {
      for (int i = 0; i < spec.maxEntries(); i++) {
        memory.get(i * stride, values, i * spec.valueSize(), spec.valueSize());
      }
    }
    return new MapEntries(spec.keySize(), spec.valueSize(), keys.array(), values);
  }

  /** Whether entries stand without gaps, so that many of them are one copy. */
  private boolean isDense() {
    return stride == spec.valueSize();
  }

  private long length() {
    return (long) spec.maxEntries() * stride;
  }

  @Override
  public void close() {
    Libc.munmap(address, length());
  }
}
