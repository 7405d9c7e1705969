package dev.shunt.node.bpf;

import static dev.shunt.node.bpf.Errno.EINVAL;
import static dev.shunt.node.bpf.Errno.ENOENT;
import static dev.shunt.node.bpf.Errno.ENOTSUPP;
import static dev.shunt.node.bpf.Errno.EOPNOTSUPP;

import com.sun.jna.Memory;
import com.sun.jna.ptr.IntByReference;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A map of the running kernel. Key and value buffers are made once per map, batch buffers per
 * batch.
 */
final class KernelMap implements BpfMap {
  /** Entries per batch call: as many cgroup components, of 256 bytes each, take 16 MiB. */
  private static final int BATCH = 1 << 16;

  /** Size of {@code struct bpf_map_batch_opts}: sz, elem_flags, flags. */
  private static final int BATCH_OPTS = 24;

  private final MapSpec spec;
  private final BpfFd fd;
  private final Memory key;
  private final Memory value;

  KernelMap(MapSpec spec, BpfFd fd) {
    this.spec = spec;
    this.fd = fd;
    this.key = new Memory(Math.max(4, spec.keySize()));
    this.value = new Memory(Math.max(4, spec.valueSize()));
  }

  @Override
  public MapSpec spec() {
    return spec;
  }

  BpfFd fd() {
    return fd;
  }

  @Override
  public void put(byte[] k, byte[] v, Put when) {
    load(key, k, spec.keySize(), "key");
    load(value, v, spec.valueSize(), "value");
    check(
        "bpf_map_update_elem", Libbpf.bpf_map_update_elem(fd.number(), key, value, when.ordinal()));
  }

  @Override
  public byte @Nullable [] get(byte[] k) {
    load(key, k, spec.keySize(), "key");
    int result = Libbpf.bpf_map_lookup_elem(fd.number(), key, value);
    if (result == -ENOENT) {
      return null;
    }
    check("bpf_map_lookup_elem", result);
    return value.getByteArray(0, spec.valueSize());
  }

  @Override
  public boolean delete(byte[] k) {
    load(key, k, spec.keySize(), "key");
    int result = Libbpf.bpf_map_delete_elem(fd.number(), key);
    if (result == -ENOENT) {
      return false;
    }
    check("bpf_map_delete_elem", result);
    return true;
  }

  @Override
  public void putAll(MapEntries entries) {
    if (entries.keySize() != spec.keySize() || entries.valueSize() != spec.valueSize()) {
      throw new IllegalArgumentException(
          "%s takes %d+%d bytes an entry, found %d+%d"
              .formatted(
                  spec.name(),
                  spec.keySize(),
                  spec.valueSize(),
                  entries.keySize(),
                  entries.valueSize()));
    }
    if (entries.count() == 0) {
      return;
    }
    if (MappedArray.suits(spec)) {
      try (MappedArray array = new MappedArray(spec, fd)) {
        array.write(entries);
      }
      return;
    }
    IntByReference count = new IntByReference(entries.count());
    int result;
    try (Memory keys = copy(entries.keys());
        Memory values = copy(entries.values());
        Memory opts = new Memory(BATCH_OPTS)) {
      opts.clear();
      opts.setLong(0, BATCH_OPTS);
      result = Libbpf.bpf_map_update_batch(fd.number(), keys, values, count, opts);
    }
    if (isNoBatch(result)) {
      for (int i = 0; i < entries.count(); i++) {
        put(entries.key(i), entries.value(i), Put.ANY);
      }
      return;
    }
    check("bpf_map_update_batch", result);
  }

  @Override
  public MapEntries readAll() {
    if (MappedArray.suits(spec)) {
      try (MappedArray array = new MappedArray(spec, fd)) {
        return array.read();
      }
    }
    ByteArrayOutputStream keys = new ByteArrayOutputStream();
    ByteArrayOutputStream values = new ByteArrayOutputStream();
    if (!readBatches(keys, values)) {
      keys.reset();
      values.reset();
      readOneByOne(keys, values);
    }
    return new MapEntries(
        spec.keySize(), spec.valueSize(), keys.toByteArray(), values.toByteArray());
  }

  /** False when the kernel or the map type has no batches. */
  private boolean readBatches(ByteArrayOutputStream keys, ByteArrayOutputStream values) {
    int size = Math.max(1, Math.min(spec.maxEntries(), BATCH));
    // A position is a key, or for hashes a 4-byte bucket number.
    int position = Math.max(4, spec.keySize());
    try (Memory keyBatch = new Memory((long) size * spec.keySize());
        Memory valueBatch = new Memory((long) size * spec.valueSize());
        Memory in = new Memory(position);
        Memory out = new Memory(position)) {
      boolean first = true;
      while (true) {
        IntByReference count = new IntByReference(size);
        int result =
            Libbpf.bpf_map_lookup_batch(
                fd.number(), first ? null : in, out, keyBatch, valueBatch, count, null);
        if (first && isNoBatch(result)) {
          return false;
        }
        if (result < 0 && result != -ENOENT) {
          check("bpf_map_lookup_batch", result);
        }
        int read = count.getValue();
        keys.writeBytes(keyBatch.getByteArray(0, read * spec.keySize()));
        values.writeBytes(valueBatch.getByteArray(0, read * spec.valueSize()));
        // ENOENT is the end of the map, not an error.
        if (result == -ENOENT) {
          return true;
        }
        in.write(0, out.getByteArray(0, position), 0, position);
        first = false;
      }
    }
  }

  private void readOneByOne(ByteArrayOutputStream keys, ByteArrayOutputStream values) {
    try (Memory at = new Memory(Math.max(4, spec.keySize()))) {
      boolean first = true;
      while (true) {
        int result = Libbpf.bpf_map_get_next_key(fd.number(), first ? null : at, key);
        if (result == -ENOENT) {
          return;
        }
        check("bpf_map_get_next_key", result);
        byte[] k = key.getByteArray(0, spec.keySize());
        byte[] v = get(k);
        if (v != null) {
          keys.writeBytes(k);
          values.writeBytes(v);
        }
        at.write(0, k, 0, k.length);
        first = false;
      }
    }
  }

  @Override
  public boolean isEmpty() {
    int result = Libbpf.bpf_map_get_next_key(fd.number(), null, key);
    if (result != -ENOENT) {
      check("bpf_map_get_next_key", result);
    }
    return result == -ENOENT;
  }

  @Override
  public void putMap(int index, BpfMap inner) {
    if (!(inner instanceof KernelMap map)) {
      throw new IllegalArgumentException(
          "expected a map of this kernel, found " + inner.getClass());
    }
    key.setInt(0, index);
    value.setInt(0, map.fd.number());
    check("bpf_map_update_elem", Libbpf.bpf_map_update_elem(fd.number(), key, value, 0));
  }

  @Override
  public @Nullable BpfMap getMap(int index) {
    byte[] id = get(ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(index).array());
    if (id == null) {
      return null;
    }
    int number = ByteBuffer.wrap(id).order(ByteOrder.nativeOrder()).getInt();
    return KernelBpf.map(
        BpfFd.of(
            "bpf_map_get_fd_by_id",
            spec.name() + "[" + index + "]",
            Libbpf.bpf_map_get_fd_by_id(number)));
  }

  @Override
  public void close() {
    fd.close();
  }

  private static boolean isNoBatch(int result) {
    return result == -EINVAL || result == -ENOTSUPP || result == -EOPNOTSUPP;
  }

  private void check(String operation, int result) {
    if (result < 0) {
      throw new BpfException(operation + " " + spec.name(), -result);
    }
  }

  private void load(Memory buffer, byte[] bytes, int size, String what) {
    if (bytes.length != size) {
      throw new IllegalArgumentException(
          "the %s of %s has %d bytes, found %d".formatted(what, spec.name(), size, bytes.length));
    }
    buffer.write(0, bytes, 0, size);
  }

  private static Memory copy(byte[] bytes) {
    Memory memory = new Memory(Math.max(1, bytes.length));
    memory.write(0, bytes, 0, bytes.length);
    return memory;
  }
}
