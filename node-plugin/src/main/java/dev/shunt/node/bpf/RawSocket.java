package dev.shunt.node.bpf;

import com.sun.jna.Memory;
import com.sun.jna.ptr.IntByReference;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A non-blocking TCP socket of 127.0.0.1 by its system calls, for questions that Java's own sockets
 * cannot ask. Sends and receives up to 64 bytes at once. Not thread-safe.
 */
public final class RawSocket implements AutoCloseable {
  private static final int AF_INET = 2;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_NONBLOCK = 04000;
  private static final int SOCK_CLOEXEC = 02000000;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int FIONREAD = 0x541b;
  private static final int SHUT_WR = 1;
  private static final int SPLICE_F_NONBLOCK = 2;
  private static final short POLLIN = 1;
  private static final short POLLOUT = 4;
  private static final int ADDRESS = 16;
  private static final int MOST = 64;

  /** Loopback answers at once; this is for a machine that is very busy. */
  private static final int PATIENCE_MILLIS = 30_000;

  private final BpfFd fd;

  private RawSocket(BpfFd fd) {
    this.fd = fd;
  }

  /** Listens on a port that the kernel chooses. */
  public static RawSocket listen() {
    RawSocket socket = create();
    try (Memory address = address(0)) {
      check("bind", Libc.negativeErrno(Libc.bind(socket.fd.number(), address, ADDRESS)));
      check("listen", Libc.negativeErrno(Libc.listen(socket.fd.number(), 16)));
      return socket;
    } catch (BpfException e) {
      socket.close();
      throw e;
    }
  }

  /** Connected when this returns. */
  public static RawSocket connect(int port) {
    RawSocket socket = create();
    try (Memory address = address(port)) {
      int result = Libc.negativeErrno(Libc.connect(socket.fd.number(), address, ADDRESS));
      if (result < 0 && result != -Errno.EINPROGRESS) {
        throw new BpfException("connect", -result);
      }
      socket.await("connect", POLLOUT);
      return socket;
    } catch (BpfException e) {
      socket.close();
      throw e;
    }
  }

  private static RawSocket create() {
    int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    return new RawSocket(
        BpfFd.of("socket", "TCP", Libc.negativeErrno(Libc.socket(AF_INET, type, 0))));
  }

  public RawSocket accept() {
    await("accept", POLLIN);
    int accepted =
        Libc.negativeErrno(Libc.accept4(fd.number(), null, null, SOCK_NONBLOCK | SOCK_CLOEXEC));
    return new RawSocket(BpfFd.of("accept", "TCP", accepted));
  }

  public int port() {
    try (Memory address = new Memory(ADDRESS)) {
      check(
          "getsockname",
          Libc.negativeErrno(Libc.getsockname(fd.number(), address, new IntByReference(ADDRESS))));
      return (address.getByte(2) & 0xff) << 8 | address.getByte(3) & 0xff;
    }
  }

  /** All of it; it fits every buffer. */
  public void send(String text) {
    int result = trySend(text);
    if (result < 0) {
      throw new BpfException("send", -result);
    }
    if (result != text.length()) {
      throw new IllegalStateException("sent %d of %d bytes".formatted(result, text.length()));
    }
  }

  /** Whether sending is refused because this end has said that it sends no more. */
  public boolean isBrokenPipe(String text) {
    return trySend(text) == -Errno.EPIPE;
  }

  private int trySend(String text) {
    try (Memory data = new Memory(MOST)) {
      data.setString(0, text, "US-ASCII");
      return Libc.negativeErrno((int) Libc.send(fd.number(), data, text.length(), MSG_NOSIGNAL));
    }
  }

  /** What is there, waiting until something is; empty at the end of the stream. */
  public String receive() {
    await("recv", POLLIN);
    try (Memory data = new Memory(MOST)) {
      int result = Libc.negativeErrno((int) Libc.recv(fd.number(), data, MOST, 0));
      check("recv", result);
      return result == 0 ? "" : new String(data.getByteArray(0, result), StandardCharsets.US_ASCII);
    }
  }

  /** Receives until so many bytes are there, or the stream ends. */
  public String receive(int bytes) {
    StringBuilder text = new StringBuilder();
    while (text.length() < bytes) {
      String more = receive();
      if (more.isEmpty()) {
        break;
      }
      text.append(more);
    }
    return text.toString();
  }

  /** What FIONREAD says. */
  public int available() {
    try (Memory answer = new Memory(Integer.BYTES)) {
      check("ioctl FIONREAD", Libc.negativeErrno(Libc.ioctl(fd.number(), FIONREAD, answer)));
      return answer.getInt(0);
    }
  }

  /** Waits until poll(2) says that there is something to read. */
  public void awaitReadable() {
    await("poll", POLLIN);
  }

  /** Bytes that splice(2) takes from the socket; null when it sees none. */
  public @Nullable Integer splice() {
    try (Memory ends = new Memory(2L * Integer.BYTES)) {
      check("pipe2", Libc.negativeErrno(Libc.pipe2(ends, SOCK_CLOEXEC)));
      BpfFd out = BpfFd.of("pipe2", "read end", ends.getInt(0));
      BpfFd in = BpfFd.of("pipe2", "write end", ends.getInt(Integer.BYTES));
      try {
        return splice(in);
      } finally {
        in.close();
        out.close();
      }
    }
  }

  private @Nullable Integer splice(BpfFd pipe) {
    int result =
        Libc.negativeErrno(
            (int) Libc.splice(fd.number(), null, pipe.number(), null, MOST, SPLICE_F_NONBLOCK));
    if (result == -Errno.EAGAIN) {
      return null;
    }
    check("splice", result);
    return result;
  }

  /** Sends no more. */
  public void finish() {
    check("shutdown", Libc.negativeErrno(Libc.shutdown(fd.number(), SHUT_WR)));
  }

  private void await(String operation, short events) {
    try (Memory poll = new Memory(8)) {
      poll.setInt(0, fd.number());
      poll.setShort(4, events);
      poll.setShort(6, (short) 0);
      int result = Libc.negativeErrno(Libc.poll(poll, 1, PATIENCE_MILLIS));
      check("poll", result);
      if (result == 0) {
        throw new IllegalStateException(
            "%s: nothing within %d ms".formatted(operation, PATIENCE_MILLIS));
      }
    }
  }

  private static Memory address(int port) {
    Memory address = new Memory(ADDRESS);
    address.clear();
    address.setShort(0, (short) AF_INET);
    address.setByte(2, (byte) (port >> 8));
    address.setByte(3, (byte) port);
    address.setByte(4, (byte) 127);
    address.setByte(7, (byte) 1);
    return address;
  }

  private static void check(String operation, int result) {
    if (result < 0) {
      throw new BpfException(operation, -result);
    }
  }

  @Override
  public void close() {
    fd.close();
  }
}
