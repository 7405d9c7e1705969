package dev.shunt.node.traffic;

import java.io.IOException;
import java.util.List;

/**
 * A program, puppet.py, that does with its sockets what the test says: {@code connect a 127.0.0.1
 * 15001 polling}, {@code send a.client 100}. Every byte that it receives it compares with what the
 * other end sends.
 */
final class Puppet {
  /** Flags of a send: MSG_ZEROCOPY, which without SO_ZEROCOPY changes nothing but the way. */
  static final int BY_TCP = 0x4000000;

  /** An option to {@code set}: what is sent by TCP is on its way at once. */
  static final String NODELAY = "6:1=1"; // IPPROTO_TCP, TCP_NODELAY

  private final Program program;
  private final TrafficHost host;

  Puppet(Program program, TrafficHost host) throws IOException {
    this.program = program;
    this.host = host;
    program.lineWith("puppet ready");
  }

  long pid() {
    return program.pid();
  }

  /** Fails with the puppet's words when it could not. */
  void does(String command) throws IOException {
    String answer = tries(command);
    if (!answer.startsWith("ok")) {
      throw new AssertionError(answer);
    }
  }

  /** Waits until a thread that {@code start} made sleeps in the kernel for its socket's sake. */
  void sleepsOnItsSocket(String thread) throws IOException {
    does("asleep " + thread + " S wait_woken");
  }

  /** Waits until such a thread waits for the lock of a socket. */
  void waitsForItsLock(String thread) throws IOException {
    does("asleep " + thread + " D lock_sock");
  }

  /** What became of a command that may fail. */
  String tries(String command) throws IOException {
    program.sendLine(command);
    return program.lineWith("");
  }

  /** Both ends of a new connection in this program, accepted from a listener of that name. */
  void opens(String connection, String listener, int port, String clientMode, String serverMode)
      throws IOException {
    does("connect %s 127.0.0.1 %d %s".formatted(connection, port, clientMode));
    does("accept %s %s %s".formatted(connection, listener, serverMode));
  }

  /** The same of a new connection whose client is in another program. */
  void opens(Puppet itsClient, String connection, String listener, int port, String mode)
      throws IOException {
    itsClient.does("connect %s 127.0.0.1 %d %s".formatted(connection, port, mode));
    does("accept %s %s %s".formatted(connection, listener, mode));
  }

  /** A message each way, read: each end's program was seen to use recv, and nothing is unread. */
  void exchanges(String connection) throws IOException {
    for (List<String> way : List.of(List.of("client", "server"), List.of("server", "client"))) {
      does("send %s.%s 100".formatted(connection, way.get(0)));
      does("receive %s.%s 100".formatted(connection, way.get(1)));
    }
  }

  /** A message each way of a connection whose client is in another program. */
  void exchanges(Puppet itsClient, String connection) throws IOException {
    itsClient.does("send %s.client 100".formatted(connection));
    does("receive %s.server 100".formatted(connection));
    does("send %s.server 100".formatted(connection));
    itsClient.does("receive %s.client 100".formatted(connection));
  }

  /** Often enough for both ends to be found fit, and to enter one after the other. */
  void settles() throws IOException {
    does("pause 0.05"); // older than the settle time
    for (int i = 0; i < 4; i++) {
      conducts();
    }
  }

  /** One visit of every socket in its namespace by the conductor, for hosts that conduct not. */
  void conducts() throws IOException {
    host.trustsEveryProgram();
    does("walk " + host.pin("shunt_conductor_iter"));
  }
}
