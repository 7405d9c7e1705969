package dev.shunt.node.bpf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * The file system that holds pins. It is mounted where it is missing and never unmounted: others
 * may pin there too.
 */
public final class BpfFileSystem {
  private static final Path STANDARD = Path.of("/sys/fs/bpf");
  private static final String TYPE = "bpf";

  private BpfFileSystem() {}

  /**
   * Makes sure that a folder lies in a bpf file system, and mounts the standard one when the folder
   * belongs there.
   *
   * @throws BpfException when mounting is refused
   * @throws IllegalArgumentException when the folder lies elsewhere
   */
  public static void ensureAround(Path folder) {
    if (isAround(folder)) {
      return;
    }
    if (!folder.startsWith(STANDARD)) {
      throw new IllegalArgumentException(
          "expected the pin folder in a bpf file system, found %s in %s; mount one there with: mount -t bpf bpf FOLDER"
              .formatted(folder, MountTable.read().of(folder)));
    }
    // Two processes that both find nothing mounted would mount twice, and the second would hide the
    // pins of the first.
    FolderLock lock = FolderLock.waitFor(STANDARD);
    try {
      if (!isAround(folder)) {
        int result = Libc.negativeErrno(Libc.mount("bpf", STANDARD.toString(), TYPE, 0, null));
        if (result < 0) {
          throw new BpfException("mount -t bpf " + STANDARD, -result);
        }
      }
    } finally {
      lock.close();
    }
  }

  /** Whether a path lies in a bpf file system. */
  public static boolean isAround(Path path) {
    MountTable.@Nullable Mount mount = MountTable.read().of(path);
    return mount != null && mount.fileSystem().equals(TYPE);
  }

  /** Whether a path lies in a bpf file system that nobody can pin in. */
  public static boolean isReadOnlyAround(Path path) {
    MountTable.@Nullable Mount mount = MountTable.read().of(path);
    return mount != null && mount.fileSystem().equals(TYPE) && !Files.isWritable(mount.point());
  }

  /**
   * Gives a pin, or a whole folder of pins, another name at once; what had that name before is
   * replaced.
   */
  public static void rename(Path from, Path to) {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot rename %s to %s: is one of them a mount point of its own?".formatted(from, to),
          e);
    }
  }

  /**
   * Removes one pin; what it named lives on while something uses it. False when it was not there.
   */
  public static boolean unpin(Path pin) {
    try {
      return Files.deleteIfExists(pin);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove the pin " + pin, e);
    }
  }
}
