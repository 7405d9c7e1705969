package dev.shunt.node.programs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What /proc tells of one process; every method fails with IOException once it is gone. */
record ProcFolder(Path folder) {
  private static final long NANOS_PER_TICK =
      10_000_000; // USER_HZ is 100 on every architecture here
  private static final int FIELD_PARENT = 3;
  private static final int FIELD_START = 21;

  static ProcFolder of(int process) {
    return new ProcFolder(Path.of("/proc", Integer.toUnsignedString(process)));
  }

  /** Whether it is the process that was started then, and not a later one of the same id. */
  boolean startedAt(long nanosSinceBoot) throws IOException {
    return Long.parseLong(stat(FIELD_START)) == nanosSinceBoot / NANOS_PER_TICK;
  }

  ProcFolder parent() throws IOException {
    return new ProcFolder(folder.resolveSibling(stat(FIELD_PARENT)));
  }

  /** As it was started, though that file may be gone or replaced by now. */
  Path executable() {
    return folder.resolve("exe");
  }

  /** Its path as the process sees it. */
  String executablePath() throws IOException {
    return Files.readSymbolicLink(executable()).toString().replace(" (deleted)", "");
  }

  List<String> arguments() throws IOException {
    return List.of(
        new String(Files.readAllBytes(folder.resolve("cmdline")), StandardCharsets.UTF_8)
            .split("\0"));
  }

  /** Every file whose code is mapped: the program and its libraries, deleted ones as well. */
  List<Path> code() throws IOException {
    List<Path> files = new ArrayList<>();
    List<String> seen = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("maps"), StandardCharsets.ISO_8859_1)) {
      // address perms offset device inode path
      String[] fields = line.split(" +", 6);
      if (fields[1].indexOf('x') < 0 || fields[4].equals("0")) {
        continue;
      }
      String identity = fields[3] + " " + fields[4];
      if (!seen.contains(identity)) {
        seen.add(identity);
        files.add(folder.resolve("map_files").resolve(plain(fields[0])));
      }
    }
    return files;
  }

  /** A path as the process means it. */
  Path resolve(String path) {
    return path.startsWith("/")
        ? folder.resolve("root").resolve(path.substring(1))
        : folder.resolve("cwd").resolve(path);
  }

  /** map_files names addresses without leading zeroes, maps with them. */
  private static String plain(String range) {
    String[] ends = range.split("-");
    return Long.toHexString(Long.parseUnsignedLong(ends[0], 16))
        + "-"
        + Long.toHexString(Long.parseUnsignedLong(ends[1], 16));
  }

  private String stat(int field) throws IOException {
    String stat =
        new String(Files.readAllBytes(folder.resolve("stat")), StandardCharsets.ISO_8859_1);
    // The second field, its name in parentheses, may contain spaces.
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[field - 2];
  }
}
