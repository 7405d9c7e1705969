package dev.shunt.node.programs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an ELF file says about the functions it takes from others. 64 bits, in this machine's byte
 * order; that of the ELF specification.
 *
 * @param dynamic whether it is linked by a dynamic linker, so that {@code imports} says all
 * @param go whether the Go tool chain made it; its programs call the kernel without libc
 * @param imports names of the functions that others define
 */
record ElfFile(boolean dynamic, boolean go, Set<String> imports) {
  private static final int HEADER_SIZE = 64;
  private static final int SECTION_SIZE = 64;
  private static final int SYMBOL_SIZE = 24;
  private static final int SHT_DYNAMIC = 6;
  private static final int SHT_DYNSYM = 11;
  private static final int SHN_UNDEF = 0;

  /** What is no ELF file takes nothing from others: libffi maps such files for its closures. */
  static final ElfFile NONE = new ElfFile(false, false, Set.of());

  /** Larger ones are not read: no symbol table of a sane program comes near. */
  private static final int LARGEST_TABLE = 64 << 20;

  private record Section(int name, int type, long offset, long size, int link) {}

  /**
   * @return {@link #NONE} for what is no such ELF file
   */
  static ElfFile read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      return read(channel);
    } catch (IndexOutOfBoundsException | java.nio.BufferUnderflowException e) {
      throw new IOException("expected a whole ELF file, found its tables cut short: " + file, e);
    }
  }

  private static ElfFile read(FileChannel channel) throws IOException {
    if (channel.size() < HEADER_SIZE) {
      return NONE;
    }
    ByteBuffer header = part(channel, 0, HEADER_SIZE);
    if (header.getInt(0) != magic() || header.get(4) != 2) {
      return NONE;
    }
    int count = Short.toUnsignedInt(header.getShort(60));
    ByteBuffer table = part(channel, header.getLong(40), count * SECTION_SIZE);
    Section[] sections = new Section[count];
    for (int i = 0; i < count; i++) {
      int at = i * SECTION_SIZE;
      sections[i] =
          new Section(
              table.getInt(at),
              table.getInt(at + 4),
              table.getLong(at + 24),
              table.getLong(at + 32),
              table.getInt(at + 40));
    }
    int names = Short.toUnsignedInt(header.getShort(62));
    @Nullable ByteBuffer nameTable = names < count ? of(channel, sections[names]) : null;
    boolean dynamic = false;
    boolean go = false;
    Set<String> imports = new HashSet<>();
    for (Section section : sections) {
      dynamic |= section.type == SHT_DYNAMIC;
      go |= nameTable != null && text(nameTable, section.name).equals(".go.buildinfo");
      if (section.type == SHT_DYNSYM && section.link < count) {
        addImports(imports, of(channel, section), of(channel, sections[section.link]));
      }
    }
    return new ElfFile(dynamic, go, Set.copyOf(imports));
  }

  private static void addImports(Set<String> imports, ByteBuffer symbols, ByteBuffer names) {
    for (int at = 0; at + SYMBOL_SIZE <= symbols.capacity(); at += SYMBOL_SIZE) {
      if (symbols.getShort(at + 6) == SHN_UNDEF) {
        imports.add(text(names, symbols.getInt(at)));
      }
    }
  }

  private static int magic() {
    return ByteBuffer.wrap(new byte[] {0x7f, 'E', 'L', 'F'})
        .order(ByteOrder.nativeOrder())
        .getInt();
  }

  private static ByteBuffer of(FileChannel channel, Section section) throws IOException {
    if (section.size > LARGEST_TABLE) {
      throw new IOException("expected a table of at most 64 MiB, found " + section.size + " bytes");
    }
    return part(channel, section.offset, (int) section.size);
  }

  private static ByteBuffer part(FileChannel channel, long offset, int size) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, offset + bytes.position()) < 0) {
        throw new IOException("expected a whole ELF file, found its end at " + channel.size());
      }
    }
    return bytes;
  }

  private static String text(ByteBuffer names, int at) {
    int end = at;
    while (names.get(end) != 0) {
      end++;
    }
    return new String(names.array(), at, end - at, StandardCharsets.US_ASCII);
  }
}
