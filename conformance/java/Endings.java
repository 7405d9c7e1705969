import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;

/** How a connection's end looks to a Java program. */
final class Endings {

  private Endings() {}

  private static Thread later(int ms, Runnable action) {
    var thread =
        new Thread(
            () -> {
              Ends.pause(ms);
              action.run();
            });
    thread.start();
    return thread;
  }

  private static Thread closeLater(SocketChannel end) {
    return later(
        150,
        () ->
            quietly(
                () -> {
                  end.close();
                  return null;
                }));
  }

  private static void quietly(Notes.Call call) {
    try {
      call.get();
    } catch (Exception e) {
      Notes.broken(e.toString());
    }
  }

  private static Object readOne(Ends ends, SocketChannel from) throws Exception {
    byte[] some = ends.readSome(from, 100);
    return some == null ? "end of stream" : some.length + " bytes";
  }

  static void halfClose(Ends ends) throws Exception {
    ends.write(ends.client, new byte[7]);
    Thread closer = later(150, () -> quietly(() -> ends.client.shutdownOutput()));
    Notes.attempt("request", () -> readOne(ends, ends.server));
    Notes.attempt("end", () -> readOne(ends, ends.server));
    closer.join();
    ends.write(ends.server, new byte[9]);
    Notes.attempt("answer", () -> readOne(ends, ends.client));
    ends.server.close();
    Notes.attempt("end", () -> readOne(ends, ends.client));
  }

  static void reset(Ends ends) throws Exception {
    ends.useOnce();
    ends.client.socket().setSoLinger(true, 0);
    Thread closer = closeLater(ends.client);
    Notes.attempt("read", () -> readOne(ends, ends.server));
    closer.join();
    Notes.attempt("read", () -> readOne(ends, ends.server));
  }

  /**
   * close() by another thread must end a read at once; the JDK does it with dup2() and a signal.
   */
  static void closedWhileReading(Ends ends) throws Exception {
    ends.useOnce();
    Thread closer = closeLater(ends.server);
    if (ends.channels) {
      closer.join();
      Notes.attempt(
          "read",
          () -> {
            try {
              return readOne(ends, ends.server);
            } catch (java.nio.channels.ClosedChannelException e) {
              return "closed";
            }
          });
    } else {
      Notes.attempt("read", () -> readOne(ends, ends.server));
      closer.join();
    }
    Notes.attempt("peer", () -> readOne(ends, ends.client));
  }

  static void writeToClosedPeer(Ends ends) throws Exception {
    ends.useOnce();
    ends.server.close();
    Ends.letItArrive();
    Notes.attempt(
        "first",
        () -> {
          ends.write(ends.client, new byte[10]);
          return "written";
        });
    Ends.letItArrive();
    Notes.attempt(
        "second",
        () -> {
          ends.write(ends.client, new byte[10]);
          return "written";
        });
    Notes.attempt("read", () -> readOne(ends, ends.client));
  }

  static void readTimeout(Ends ends) throws Exception {
    ends.server.socket().setSoTimeout(200);
    for (int i = 0; i < 2; i++) {
      try {
        Notes.note("read", readOne(ends, ends.server));
      } catch (SocketTimeoutException e) {
        Notes.note("read", "timed out");
      }
      ends.write(ends.client, new byte[5]);
      Notes.attempt("read", () -> readOne(ends, ends.server));
    }
  }
}
