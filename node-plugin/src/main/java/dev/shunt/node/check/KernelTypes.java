package dev.shunt.node.check;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * The few facts Shunt asks of a kernel's BTF: whether a struct exists, which members it has, and
 * which functions there are. The format is that of Documentation/bpf/btf.rst.
 */
final class KernelTypes {

  static final Path VMLINUX = Path.of("/sys/kernel/btf/vmlinux");

  private static final int MAGIC = 0xeB9F;
  private static final int HEADER_SIZE = 24;
  private static final int STRUCT = 4;
  private static final int FUNC = 12;

  /** Bytes that follow the 12 of each type, by kind: fixed, and for each of its vlen parts. */
  private static final int[][] TRAILER = {
    {0, 0}, // void
    {4, 0}, // int
    {0, 0}, // pointer
    {12, 0}, // array
    {0, 12}, // struct
    {0, 12}, // union
    {0, 8}, // enum
    {0, 0}, // forward
    {0, 0}, // typedef
    {0, 0}, // volatile
    {0, 0}, // const
    {0, 0}, // restrict
    {0, 0}, // function
    {0, 8}, // function prototype
    {4, 0}, // variable
    {0, 12}, // data section
    {0, 0}, // float
    {4, 0}, // declaration tag
    {0, 0}, // type tag
    {0, 12}, // 64-bit enum
  };

  private final ByteBuffer data;
  private final int types;
  private final int typesEnd;
  private final int strings;

  private KernelTypes(ByteBuffer data) {
    this.data = data;
    int headerLength = data.getInt(4);
    this.types = headerLength + data.getInt(8);
    this.typesEnd = types + data.getInt(12);
    this.strings = headerLength + data.getInt(16);
  }

  /**
   * Reads a BTF file.
   *
   * @throws IOException when it cannot be read or is not BTF of this machine's byte order
   */
  static KernelTypes read(Path file) throws IOException {
    // sysfs answers a map(2) with ENODEV on older kernels, so the few MiB are read.
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer data = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    if (bytes.length < HEADER_SIZE || (data.getShort(0) & 0xffff) != MAGIC) {
      throw new IOException("expected BTF in " + file + ", found something else");
    }
    return new KernelTypes(data);
  }

  /**
   * Names of the structs and functions among the wanted ones, and of the members {@code
   * struct.member}.
   */
  Set<String> present(Set<String> wanted) throws IOException {
    var found = new HashSet<String>();
    int at = types;
    while (at < typesEnd) {
      int info = data.getInt(at + 4);
      int kind = info >> 24 & 0x1f;
      int parts = info & 0xffff;
      if (kind >= TRAILER.length) {
        throw new IOException(
            "the kernel's BTF has kind " + kind + ", which this version does not know");
      }
      if (kind == STRUCT || kind == FUNC) {
        String name = name(data.getInt(at));
        if (wanted.contains(name)) {
          found.add(name);
        }
        if (kind == STRUCT) {
          addMembers(found, wanted, name, at + 12, parts);
        }
      }
      at += 12 + TRAILER[kind][0] + TRAILER[kind][1] * parts;
    }
    return found;
  }

  private void addMembers(Set<String> found, Set<String> wanted, String struct, int at, int parts) {
    if (wanted.stream().noneMatch(name -> name.startsWith(struct + "."))) {
      return;
    }
    for (int i = 0; i < parts; i++) {
      String member = struct + "." + name(data.getInt(at + 12 * i));
      if (wanted.contains(member)) {
        found.add(member);
      }
    }
  }

  private String name(int offset) {
    int start = strings + offset;
    int end = start;
    while (data.get(end) != 0) {
      end++;
    }
    return new String(data.array(), start, end - start, StandardCharsets.UTF_8);
  }
}
