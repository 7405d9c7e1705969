package dev.shunt.node.bpf;

/**
 * A file descriptor this process owns: of a map, program, link, or folder. Closing it never removes
 * what is pinned. Closing twice is harmless, so that a number the kernel has handed out anew is
 * never closed. Not thread-safe.
 */
public final class BpfFd implements AutoCloseable {
  private final String name;
  private int fd;

  private BpfFd(String name, int fd) {
    this.name = name;
    this.fd = fd;
  }

  /**
   * Takes the answer of a call that returns a file descriptor or a negative errno.
   *
   * @throws BpfException naming {@code operation} when the answer is an errno
   */
  static BpfFd of(String operation, String name, int result) {
    if (result < 0) {
      throw new BpfException(operation + " " + name, -result);
    }
    return new BpfFd(name, result);
  }

  /** Name of the map, program or link, for messages. */
  public String name() {
    return name;
  }

  int number() {
    if (fd < 0) {
      throw new IllegalStateException(name + " is closed");
    }
    return fd;
  }

  @Override
  public void close() {
    if (fd >= 0) {
      Libc.close(fd);
      fd = -1;
    }
  }
}
