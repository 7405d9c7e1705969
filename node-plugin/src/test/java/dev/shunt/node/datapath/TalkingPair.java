package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;

/**
 * Two non-blocking ends of one loopback connection in this process, which check every byte they
 * exchange.
 */
final class TalkingPair implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration REST = Duration.ofMillis(10);
  private static final int MESSAGE = 1000;

  private final SocketChannel client;
  private final SocketChannel server;
  private byte round;

  private TalkingPair(SocketChannel client, SocketChannel server) throws IOException {
    this.client = client;
    this.server = server;
    client.configureBlocking(false);
    server.configureBlocking(false);
  }

  static ServerSocketChannel listen() throws IOException {
    return ServerSocketChannel.open()
        .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  static TalkingPair over(ServerSocketChannel listener) throws IOException {
    SocketChannel client = SocketChannel.open(listener.getLocalAddress());
    return new TalkingPair(client, listener.accept());
  }

  interface Wanted {
    boolean in(DatapathStatus status) throws Exception;
  }

  /**
   * Talks until the datapath's status is as wanted; fails with the last status when it never is.
   */
  void talkUntil(Datapath datapath, Wanted wanted) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    DatapathStatus status = datapath.status();
    while (!wanted.in(status)) {
      if (System.nanoTime() - end >= 0) {
        throw new AssertionError("gave up; %s; %s".formatted(status, datapath.connections()));
      }
      talk();
      rest();
      status = datapath.status();
    }
  }

  /** A moment without bytes: only a connection that is quiet can be paired or enrolled. */
  private void rest() throws IOException {
    try (Selector selector = Selector.open()) {
      client.register(selector, SelectionKey.OP_READ);
      assertThat(selector.select(REST.toMillis())).as("nobody sends now").isZero();
    }
  }

  /** One message each way. */
  void talk() throws IOException {
    pass(client, server);
    pass(server, client);
  }

  private void pass(SocketChannel from, SocketChannel to) throws IOException {
    byte[] sent = new byte[MESSAGE];
    Arrays.fill(sent, ++round);
    ByteBuffer out = ByteBuffer.wrap(sent);
    while (out.hasRemaining()) {
      from.write(out);
    }
    ByteBuffer in = ByteBuffer.allocate(MESSAGE);
    try (Selector selector = Selector.open()) {
      to.register(selector, SelectionKey.OP_READ);
      while (in.hasRemaining()) {
        assertThat(selector.select(PATIENCE.toMillis()))
            .as("bytes that were sent arrive")
            .isPositive();
        selector.selectedKeys().clear();
        assertThat(to.read(in)).isNotNegative();
      }
    }
    assertThat(in.array()).isEqualTo(sent);
  }

  @Override
  public void close() throws IOException {
    client.close();
    server.close();
  }
}
