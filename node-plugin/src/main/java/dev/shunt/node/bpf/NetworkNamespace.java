package dev.shunt.node.bpf;

import java.nio.file.Path;

/**
 * A network namespace, as a file that setns(2) takes.
 *
 * @param inode its number in the kernel, as {@code /proc/PID/ns/net} shows it
 * @param file any file that stands for it, for example {@code /proc/1/ns/net}; gone when its last
 *     process is
 */
public record NetworkNamespace(long inode, Path file) {

  /** What is done inside the namespace. */
  public interface Work<E extends Exception> {
    void run() throws E;
  }

  /**
   * Runs work in this namespace on the calling thread, which must be a platform thread of the
   * caller's own: the kernel switches threads, not processes. The thread is back in {@code home}
   * afterwards, or the method fails.
   *
   * @throws BpfException when the kernel refuses the switch; setns(2) needs CAP_SYS_ADMIN
   */
  public <E extends Exception> void inside(NetworkNamespace home, Work<E> work) throws E {
    if (inode == home.inode) {
      work.run();
      return;
    }
    try (BpfFd back = open(home.file);
        BpfFd there = open(file)) {
      enter(there);
      try {
        work.run();
      } finally {
        enter(back);
      }
    }
  }

  /** Whether the file still stands for this namespace: ids of processes come back. */
  public boolean isThere() {
    return equals(NetworkNamespaces.at(file));
  }

  private static BpfFd open(Path file) {
    int fd = Libc.negativeErrno(Libc.open(file.toString(), Libc.O_RDONLY | Libc.O_CLOEXEC));
    return BpfFd.of("open", file.toString(), fd);
  }

  private static void enter(BpfFd namespace) {
    int result = Libc.negativeErrno(Libc.setns(namespace.number(), Libc.CLONE_NEWNET));
    if (result < 0) {
      throw new BpfException("setns " + namespace.name(), -result);
    }
  }
}
