package dev.shunt.node.bpf;

import com.sun.jna.Memory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The network namespaces of this machine that a process lives in or that have a name. */
public final class NetworkNamespaces {
  private static final Path PROC = Path.of("/proc");
  private static final Path NAMED = Path.of("/run/netns");

  private static final int AF_INET = 2;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 02000000;
  private static final int SIOCSIFFLAGS = 0x8914;
  private static final short IFF_UP = 1;

  private NetworkNamespaces() {}

  /** The one this process was started in. */
  public static NetworkNamespace own() {
    NetworkNamespace own = at(PROC.resolve("self/ns/net"));
    if (own == null) {
      throw new IllegalStateException("/proc/self/ns/net cannot be read; is /proc mounted?");
    }
    return own;
  }

  /** The one the calling thread is in now. */
  public static NetworkNamespace ofThisThread() {
    NetworkNamespace now = at(PROC.resolve("thread-self/ns/net"));
    if (now == null) {
      throw new IllegalStateException("/proc/thread-self/ns/net cannot be read; is /proc mounted?");
    }
    return now;
  }

  /**
   * Moves the calling thread into a new network namespace with loopback up, for the rest of its
   * life. The namespace ends with its last thread and socket.
   */
  public static void enterNew() {
    check("unshare network namespace", Libc.unshare(Libc.CLONE_NEWNET));
    int socket = Libc.negativeErrno(Libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    // struct ifreq: a name of 16 bytes, then the flags.
    try (BpfFd any = BpfFd.of("socket", "UDP", socket);
        Memory request = new Memory(40)) {
      request.clear();
      request.setString(0, "lo", "US-ASCII");
      request.setShort(16, IFF_UP);
      check("ioctl SIOCSIFFLAGS lo", Libc.ioctl(any.number(), SIOCSIFFLAGS, request));
    }
  }

  private static void check(String operation, int result) {
    if (result < 0) {
      throw new BpfException(operation, -Libc.negativeErrno(result));
    }
  }

  /**
   * Whether there are any in the network namespace of the calling thread; true if the kernel does
   * not say.
   */
  public static boolean thisThreadsHasTcpSockets() {
    Path net = PROC.resolve("thread-self/net");
    return has(net.resolve("sockstat"), "TCP: inuse ")
        || has(net.resolve("sockstat6"), "TCP6: inuse ");
  }

  /** Whether the number after the words is not 0. */
  private static boolean has(Path statistics, String words) {
    try {
      return Files.readAllLines(statistics).stream()
          .anyMatch(line -> line.startsWith(words) && line.charAt(words.length()) != '0');
    } catch (NoSuchFileException e) {
      return false; // sockstat6 of a kernel without IPv6
    } catch (IOException e) {
      return true;
    }
  }

  /** By inode. Reads one link per process; processes that come or go meanwhile may be missed. */
  public static Map<Long, NetworkNamespace> all() {
    return in(PROC, NAMED);
  }

  static Map<Long, NetworkNamespace> in(Path proc, Path named) {
    Map<Long, NetworkNamespace> found = new LinkedHashMap<>();
    collect(proc, "[0-9]*", "ns/net", found);
    collect(named, "*", "", found);
    return found;
  }

  private static void collect(
      Path folder, String glob, String below, Map<Long, NetworkNamespace> found) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, glob)) {
      for (Path entry : entries) {
        NetworkNamespace namespace = at(below.isEmpty() ? entry : entry.resolve(below));
        if (namespace != null) {
          found.putIfAbsent(namespace.inode(), namespace);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + folder, e);
    }
  }

  /**
   * Null when the process has ended, or when no namespace is mounted on a name: whoever makes a
   * named one first makes an ordinary file. All namespaces are files of one device (nsfs).
   */
  static @Nullable NetworkNamespace at(Path file) {
    try {
      Map<String, Object> now = Files.readAttributes(file, "unix:ino,dev");
      Object device = Files.getAttribute(PROC.resolve("self/ns/net"), "unix:dev");
      return device.equals(now.get("dev"))
          ? new NetworkNamespace((Long) Objects.requireNonNull(now.get("ino")), file)
          : null;
    } catch (IOException e) {
      return null;
    }
  }
}
