package dev.shunt.node.bpf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An exclusive flock(2) on a folder, which needs no lock file and so works inside a bpf file
 * system, where no plain file can be made. The kernel drops it when the process dies.
 */
public final class FolderLock implements AutoCloseable {
  private final BpfFd fd;

  private FolderLock(BpfFd fd) {
    this.fd = fd;
  }

  /** Null when someone else holds it. */
  public static @Nullable FolderLock tryTake(Path folder) {
    return take(folder, Libc.LOCK_EX | Libc.LOCK_NB);
  }

  static FolderLock waitFor(Path folder) {
    FolderLock lock = take(folder, Libc.LOCK_EX);
    if (lock == null) {
      throw new BpfException("flock " + folder, Errno.EAGAIN);
    }
    return lock;
  }

  private static @Nullable FolderLock take(Path folder, int operation) {
    int number =
        Libc.negativeErrno(
            Libc.open(folder.toString(), Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC));
    BpfFd fd = BpfFd.of("open", folder.toString(), number);
    int result = Libc.negativeErrno(Libc.flock(number, operation));
    if (result == 0) {
      return new FolderLock(fd);
    }
    fd.close();
    if (result == -Errno.EAGAIN) {
      return null;
    }
    throw new BpfException("flock " + folder, -result);
  }

  /** Whether the path still leads to the folder that is locked. */
  public boolean isStill(Path folder) {
    try {
      Path held = Path.of("/proc/self/fd/" + fd.number());
      return Files.isSameFile(held, folder);
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    fd.close();
  }
}
