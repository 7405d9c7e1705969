import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * The two ends of the connection under test. {@code java-socket} uses streams on blocking sockets,
 * {@code java-channel} non-blocking channels and selectors, as Netty and the HTTP client do.
 */
final class Ends implements AutoCloseable {

  private static final long PATIENCE_MS = 4000;

  final boolean channels;
  final ServerSocketChannel listener;
  final SocketChannel client;
  final SocketChannel server;

  Ends(boolean channels, String to, int port, boolean listenOn6) throws IOException {
    this.channels = channels;
    var family = listenOn6 ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
    listener = ServerSocketChannel.open(family);
    listener.configureBlocking(!channels);
    listener.bind(new InetSocketAddress(port));
    client = SocketChannel.open();
    client.configureBlocking(!channels);
    if (!client.connect(new InetSocketAddress(InetAddress.getByName(to), port))) {
      await(client, SelectionKey.OP_CONNECT);
      client.finishConnect();
    }
    server = accept();
    server.configureBlocking(!channels);
  }

  private SocketChannel accept() throws IOException {
    long deadline = System.nanoTime() + PATIENCE_MS * 1_000_000;
    SocketChannel accepted;
    while ((accepted = listener.accept()) == null && System.nanoTime() < deadline) {
      pause(1);
    }
    if (accepted == null) {
      throw new IOException("nobody to accept");
    }
    return accepted;
  }

  /** A byte each way: Shunt redirects only to a program that it saw using recv. */
  void useOnce() throws IOException {
    write(client, new byte[] {'?'});
    read(server, 1);
    write(server, new byte[] {'!'});
    read(client, 1);
  }

  void write(SocketChannel to, byte[] bytes) throws IOException {
    if (!channels) {
      to.socket().getOutputStream().write(bytes);
      return;
    }
    var buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      if (to.write(buffer) == 0) {
        await(to, SelectionKey.OP_WRITE);
      }
    }
  }

  /** Up to this many bytes, as one read gives them; null at the end of the stream. */
  byte[] readSome(SocketChannel from, int most) throws IOException {
    var bytes = new byte[most];
    int n;
    if (channels) {
      var buffer = ByteBuffer.wrap(bytes);
      while ((n = from.read(buffer)) == 0) {
        await(from, SelectionKey.OP_READ);
      }
    } else {
      n = from.socket().getInputStream().read(bytes);
    }
    return n < 0 ? null : java.util.Arrays.copyOf(bytes, n);
  }

  byte[] read(SocketChannel from, int size) throws IOException {
    var all = new java.io.ByteArrayOutputStream();
    while (all.size() < size) {
      byte[] some = readSome(from, size - all.size());
      if (some == null) {
        break;
      }
      all.write(some);
    }
    return all.toByteArray();
  }

  static void await(SocketChannel channel, int operation) throws IOException {
    try (var selector = Selector.open()) {
      channel.register(selector, operation);
      if (selector.select(PATIENCE_MS) == 0) {
        throw new IOException("nothing happened");
      }
    }
  }

  InputStream serverStream() throws IOException {
    return server.socket().getInputStream();
  }

  static void pause(int ms) {
    try {
      Thread.sleep(ms);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  static void letItArrive() {
    pause(60);
  }

  @Override
  public void close() throws IOException {
    client.close();
    server.close();
    listener.close();
  }
}
