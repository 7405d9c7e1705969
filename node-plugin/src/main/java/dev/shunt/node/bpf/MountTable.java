package dev.shunt.node.bpf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The mounts of this process's mount namespace, as /proc/self/mountinfo lists them: later ones
 * cover earlier ones.
 */
public final class MountTable {
  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

  /** One line of mountinfo. */
  public record Mount(Path point, String fileSystem) {}

  private final List<Mount> mounts;

  private MountTable(List<Mount> mounts) {
    this.mounts = List.copyOf(mounts);
  }

  public static MountTable read() {
    try {
      return parse(Files.readAllLines(MOUNTINFO, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + MOUNTINFO, e);
    }
  }

  /**
   * Lines as proc(5) describes them: the point is field 5, the file system the first field after
   * the dash.
   */
  static MountTable parse(List<String> lines) {
    List<Mount> mounts = new ArrayList<>();
    for (String line : lines) {
      String[] fields = line.split(" ");
      int dash = List.of(fields).indexOf("-");
      if (fields.length < 5 || dash < 0 || dash + 1 >= fields.length) {
        throw new IllegalArgumentException("expected a line of mountinfo, found " + line);
      }
      mounts.add(new Mount(Path.of(unescape(fields[4])), fields[dash + 1]));
    }
    return new MountTable(mounts);
  }

  /**
   * Mount point of the cgroup v2 hierarchy, also on hybrid hosts where it is not /sys/fs/cgroup;
   * null without one.
   */
  public @Nullable Path cgroup2() {
    for (Mount mount : mounts) {
      if (mount.fileSystem().equals("cgroup2")) {
        return mount.point();
      }
    }
    return null;
  }

  /** The mount a path lies in; null only when the table is empty. */
  public @Nullable Mount of(Path path) {
    Mount found = null;
    for (Mount mount : mounts) {
      boolean closer =
          found == null || mount.point().getNameCount() >= found.point().getNameCount();
      if (path.startsWith(mount.point()) && closer) {
        found = mount;
      }
    }
    return found;
  }

  /** Space, tab, newline and backslash are written as three octal digits. */
  private static String unescape(String field) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < field.length(); i++) {
      if (field.charAt(i) == '\\' && i + 3 < field.length()) {
        text.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        text.append(field.charAt(i));
      }
    }
    return text.toString();
  }
}
