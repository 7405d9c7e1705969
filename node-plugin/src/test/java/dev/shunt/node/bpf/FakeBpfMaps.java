package dev.shunt.node.bpf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Maps in memory that refuse what the kernel refuses: sizes, capacity, flags. The contract test
 * holds it to that. Like the kernel's, a map lives on after its descriptor is closed for as long as
 * an outer map holds it.
 */
public final class FakeBpfMaps implements BpfMaps {
  private int lastId;

  @Override
  public synchronized BpfMap create(MapSpec spec) {
    require(spec.type() != MapType.ARRAY_OF_MAPS, "bpf_map_create " + spec.name(), Errno.EINVAL);
    require(spec.maxEntries() > 0, "bpf_map_create " + spec.name(), Errno.EINVAL);
    return new Handle(new Content(spec, null, ++lastId));
  }

  @Override
  public synchronized BpfMap createOuter(MapSpec spec, BpfMap template) {
    return new Handle(new Content(spec, ((Handle) template).content.spec, ++lastId));
  }

  private static void require(boolean condition, String operation, int errno) {
    if (!condition) {
      throw new BpfException(operation, errno);
    }
  }

  /** What the kernel keeps; handles come and go. */
  private static final class Content {
    private final MapSpec spec;
    private final @Nullable MapSpec template;
    private final int id;
    private final Map<ByteBuffer, byte[]> entries = new LinkedHashMap<>();

    /** The values of an array, one after the other. */
    private final byte[] array;

    private final Map<Integer, Content> inners = new TreeMap<>();

    Content(MapSpec spec, @Nullable MapSpec template, int id) {
      this.spec = spec;
      this.template = template;
      this.id = id;
      this.array =
          new byte[spec.type() == MapType.ARRAY ? spec.maxEntries() * spec.valueSize() : 0];
    }

    static byte[] index(int index) {
      return ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(index).array();
    }
  }

  private static final class Handle implements BpfMap {
    private final Content content;
    private boolean closed;

    Handle(Content content) {
      this.content = content;
    }

    @Override
    public MapSpec spec() {
      return content.spec;
    }

    @Override
    public void put(byte[] key, byte[] value, Put when) {
      String operation = "bpf_map_update_elem " + spec().name();
      check(key, spec().keySize());
      check(value, spec().valueSize());
      if (spec().type() == MapType.ARRAY) {
        require(when != Put.NOEXIST, operation, Errno.EEXIST);
        int place = place(key);
        require(place >= 0, operation, Errno.E2BIG);
        System.arraycopy(value, 0, content.array, place, value.length);
        return;
      }
      ByteBuffer at = ByteBuffer.wrap(key.clone());
      boolean there = content.entries.containsKey(at);
      require(!there || when != Put.NOEXIST, operation, Errno.EEXIST);
      require(there || when != Put.EXIST, operation, Errno.ENOENT);
      if (!there && content.entries.size() >= spec().maxEntries()) {
        require(spec().type() == MapType.LRU_HASH, operation, Errno.E2BIG);
        content.entries.remove(content.entries.keySet().iterator().next());
      }
      content.entries.put(at, value.clone());
    }

    /** Where the value of an array's index begins, or -1. */
    private int place(byte[] key) {
      int index = ByteBuffer.wrap(key).order(ByteOrder.nativeOrder()).getInt();
      return index < 0 || index >= spec().maxEntries() ? -1 : index * spec().valueSize();
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
      check(key, spec().keySize());
      if (spec().type() == MapType.ARRAY) {
        int place = place(key);
        return place < 0
            ? null
            : Arrays.copyOfRange(content.array, place, place + spec().valueSize());
      }
      byte[] value = content.entries.get(ByteBuffer.wrap(key));
      return value == null ? null : value.clone();
    }

    @Override
    public boolean delete(byte[] key) {
      check(key, spec().keySize());
      require(!spec().type().isArray(), "bpf_map_delete_elem " + spec().name(), Errno.EINVAL);
      return content.entries.remove(ByteBuffer.wrap(key)) != null;
    }

    @Override
    public void putAll(MapEntries entries) {
      if (spec().type() == MapType.ARRAY) {
        putAllIntoArray(entries);
        return;
      }
      for (int i = 0; i < entries.count(); i++) {
        put(entries.key(i), entries.value(i), Put.ANY);
      }
    }

    private void putAllIntoArray(MapEntries entries) {
      ByteBuffer keys = entries.allKeys();
      ByteBuffer values = entries.allValues();
      int size = spec().valueSize();
      for (int i = 0; i < entries.count(); i++) {
        int index = keys.getInt();
        require(
            index >= 0 && index < spec().maxEntries(),
            "bpf_map_update_elem " + spec().name(),
            Errno.E2BIG);
        values.get(i * size, content.array, index * size, size);
      }
    }

    @Override
    public MapEntries readAll() {
      if (spec().type() == MapType.ARRAY) {
        ByteBuffer indexes =
            ByteBuffer.allocate(spec().maxEntries() * 4).order(ByteOrder.nativeOrder());
        for (int i = 0; i < spec().maxEntries(); i++) {
          indexes.putInt(i);
        }
        return new MapEntries(4, spec().valueSize(), indexes.array(), content.array.clone());
      }
      ByteArrayOutputStream keys = new ByteArrayOutputStream();
      ByteArrayOutputStream values = new ByteArrayOutputStream();
      content.entries.forEach(
          (key, value) -> {
            keys.writeBytes(key.array());
            values.writeBytes(value);
          });
      return new MapEntries(
          spec().keySize(), spec().valueSize(), keys.toByteArray(), values.toByteArray());
    }

    @Override
    public boolean isEmpty() {
      return !content.spec.type().isArray() && content.entries.isEmpty();
    }

    @Override
    public void putMap(int index, BpfMap inner) {
      Content other = ((Handle) inner).content;
      MapSpec template = content.template;
      String operation = "bpf_map_update_elem " + spec().name();
      require(index >= 0 && index < spec().maxEntries(), operation, Errno.E2BIG);
      boolean resizable =
          other.spec.type() != MapType.ARRAY || (other.spec.flags() & MapSpec.INNER_MAP) != 0;
      boolean same =
          template != null
              && template.type() == other.spec.type()
              && template.keySize() == other.spec.keySize()
              && template.valueSize() == other.spec.valueSize()
              && template.flags() == other.spec.flags()
              && (resizable || template.maxEntries() == other.spec.maxEntries());
      require(same, operation, Errno.EINVAL);
      content.inners.put(index, other);
      content.entries.put(ByteBuffer.wrap(Content.index(index)), Content.index(other.id));
    }

    @Override
    public @Nullable BpfMap getMap(int index) {
      Content inner = content.inners.get(index);
      return inner == null ? null : new Handle(inner);
    }

    @Override
    public void close() {
      closed = true;
    }

    private void check(byte[] bytes, int size) {
      if (closed) {
        throw new IllegalStateException(spec().name() + " is closed");
      }
      if (bytes.length != size) {
        throw new IllegalArgumentException(
            "%s takes %d bytes, found %d".formatted(spec().name(), size, bytes.length));
      }
    }
  }
}
