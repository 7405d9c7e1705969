import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/** Selectors: level-triggered epoll underneath. */
final class Selecting {

  private Selecting() {}

  private static void noteReady(String what, Selector selector, SelectionKey key) throws Exception {
    Ends.letItArrive();
    selector.selectedKeys().clear();
    selector.selectNow();
    boolean selected = selector.selectedKeys().contains(key);
    Notes.note(
        what,
        selected
            ? (key.isReadable() ? "readable " : "") + (key.isWritable() ? "writable" : "")
            : "nothing");
  }

  static void selector(Ends ends) throws Exception {
    try (var selector = Selector.open()) {
      SelectionKey key = ends.server.register(selector, SelectionKey.OP_READ);
      noteReady("fresh", selector, key);
      ends.write(ends.client, new byte[10]);
      noteReady("data", selector, key);
      Notes.note("read", ends.server.read(ByteBuffer.allocate(4)));
      noteReady("part", selector, key);
      Notes.note("read", ends.server.read(ByteBuffer.allocate(100)));
      noteReady("drained", selector, key);
      key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
      noteReady("writing too", selector, key);
      ends.client.shutdownOutput();
      noteReady("end", selector, key);
      Notes.note("read", ends.server.read(ByteBuffer.allocate(100)));
    }
  }

  static void stoppedReader(Ends ends) throws Exception {
    var buffer = ByteBuffer.allocateDirect(200_000);
    long sent = 0;
    long received = 0;
    int n;
    do {
      buffer.clear();
      n = ends.client.write(buffer);
      sent += n;
    } while (n > 0 && sent < 256 << 20);
    Notes.note("stopped", n == 0);
    try (var selector = Selector.open()) {
      ends.server.register(selector, SelectionKey.OP_READ);
      while (received < sent && selector.select(3000) > 0) {
        selector.selectedKeys().clear();
        buffer.clear();
        received += ends.server.read(buffer);
      }
    }
    Notes.note("all", received == sent);
    Ends.await(ends.client, SelectionKey.OP_WRITE);
    ends.useOnce();
    Notes.note("goes on", true);
  }
}
