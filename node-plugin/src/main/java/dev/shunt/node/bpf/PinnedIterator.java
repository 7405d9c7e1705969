package dev.shunt.node.bpf;

import com.sun.jna.Memory;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/** Reads an iterator that is pinned in a BPF file system; what it visits is visited by reading. */
public final class PinnedIterator {
  private static final int BUFFER = 1 << 16;

  /** A program that answers a request is mostly done with it by then. */
  private static final long PAUSE_NANOS = 1_000_000;

  /** Looks between two pauses: a stream is quiet for some 10 µs at a time. */
  private static final int LOOKS = 64;

  /** Pauses of one walk; later looks go on at once, so that a walk ends soon whatever it meets. */
  private static final int MOST_PAUSES = 1000;

  private PinnedIterator() {}

  /**
   * Reads to the end, from the calling thread's network namespace. Where the program wants to visit
   * an object again a moment later, which reading tells by EAGAIN, it does so, now and then after a
   * pause.
   *
   * @return how many bytes the program wrote
   */
  public static long readToEnd(Path pin) {
    int number = Libc.negativeErrno(Libc.open(pin.toString(), Libc.O_RDONLY | Libc.O_CLOEXEC));
    try (BpfFd iterator = BpfFd.of("open", pin.toString(), number);
        Memory buffer = new Memory(BUFFER)) {
      long written = 0;
      int looks = 0;
      while (true) {
        int read = Libc.negativeErrno((int) Libc.read(iterator.number(), buffer, BUFFER));
        if (read == 0) {
          return written;
        }
        if (read > 0) {
          written += read;
        } else if (read != -Errno.EAGAIN) {
          throw new BpfException("read of the iterator " + pin, -read);
        } else if (++looks % LOOKS == 0 && looks <= MOST_PAUSES * LOOKS) {
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      }
    }
  }
}
