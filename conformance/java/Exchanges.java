import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.zip.CRC32C;

/** Bytes arrive, all of them, in order; and how many are said to be there. */
final class Exchanges {

  private Exchanges() {}

  private static byte[] random(long seed, int size) {
    var bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  static String hash(byte[] bytes) {
    var crc = new CRC32C();
    crc.update(bytes);
    return bytes.length + " bytes, " + Long.toHexString(crc.getValue());
  }

  static void pingPong(Ends ends) throws Exception {
    for (int i = 0; i < 200; i++) {
      byte[] out = random(i, 1 + i * 37 % 5000);
      SocketChannel from = i % 2 == 0 ? ends.client : ends.server;
      SocketChannel to = i % 2 == 0 ? ends.server : ends.client;
      ends.write(from, out);
      if (!hash(out).equals(hash(ends.read(to, out.length)))) {
        Notes.note("round " + i, "differs");
      }
    }
    Notes.note("rounds", 200);
  }

  /** Writes in a thread of its own while the caller reads. */
  static void transfer(Ends ends, SocketChannel from, SocketChannel to, byte[] bytes, int piece)
      throws Exception {
    var executor = Executors.newSingleThreadExecutor();
    Callable<Void> writer =
        () -> {
          for (int at = 0; at < bytes.length; at += piece) {
            ends.write(
                from, java.util.Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + piece)));
          }
          return null;
        };
    var done = executor.submit(writer);
    Notes.note("sent", hash(bytes));
    Notes.note("received", hash(ends.read(to, bytes.length)));
    done.get();
    executor.shutdown();
  }

  static void bigTransfer(Ends ends) throws Exception {
    transfer(ends, ends.client, ends.server, random(1, 8 << 20), 1 << 20);
    transfer(ends, ends.server, ends.client, random(2, 8 << 20), 70_000);
  }

  static void oneByteWrites(Ends ends) throws Exception {
    transfer(ends, ends.client, ends.server, random(3, 5000), 1);
  }

  /** InputStream.available() is ioctl(FIONREAD). */
  static void available(Ends ends) throws Exception {
    InputStream in = ends.serverStream();
    Notes.note("empty", in.available());
    for (int i = 0; i < 6; i++) {
      ends.write(ends.client, new byte[7000]);
      Ends.letItArrive();
      Notes.note("filled", in.available());
    }
    Notes.note("read", in.readNBytes(10_000).length);
    Notes.note("left", in.available());
    while (in.available() > 0) {
      Notes.note("skipped", in.skip(in.available()));
    }
    Notes.note("drained", in.available());
  }

  static void urgentByte(Ends ends) throws Exception {
    ends.server.socket().setOOBInline(true);
    ends.write(ends.client, "ab".getBytes(US_ASCII));
    ends.client.socket().sendUrgentData('!');
    ends.write(ends.client, "cd".getBytes(US_ASCII));
    Notes.note("text", new String(ends.read(ends.server, 5), US_ASCII));
  }

  static void gatherAndScatter(Ends ends) throws Exception {
    var out = new ByteBuffer[20];
    var in = new ByteBuffer[5];
    for (int i = 0; i < out.length; i++) {
      out[i] = ByteBuffer.wrap(random(i, 100 + i));
    }
    for (int i = 0; i < in.length; i++) {
      in[i] = ByteBuffer.allocate(500);
    }
    Notes.note("written", ends.client.write(out));
    Ends.letItArrive();
    Notes.note("read", ends.server.read(in));
    for (ByteBuffer b : in) {
      Notes.note("buffer", hash(java.util.Arrays.copyOf(b.array(), b.position())));
    }
  }

  static void transferTo(Ends ends) throws Exception {
    Path file = Files.createTempFile("conformance", "");
    try {
      byte[] bytes = random(9, 300_000);
      Files.write(file, bytes);
      var executor = Executors.newSingleThreadExecutor();
      var received = executor.submit(() -> ends.read(ends.server, bytes.length));
      sendFile(ends, file, bytes.length);
      Notes.note("equal", hash(bytes).equals(hash(received.get())));
      executor.shutdown();
      ends.write(ends.client, random(10, 20_000));
      Ends.letItArrive();
      try (var to = FileChannel.open(file, StandardOpenOption.WRITE)) {
        Notes.note("from the channel", to.transferFrom(ends.server, 0, 20_000));
      }
    } finally {
      Files.delete(file);
    }
  }

  private static void sendFile(Ends ends, Path file, int size) throws IOException {
    try (var from = FileChannel.open(file)) {
      long at = 0;
      while (at < size) {
        long n = from.transferTo(at, size - at, ends.client);
        at += n;
        if (n == 0) {
          Ends.await(ends.client, SelectionKey.OP_WRITE);
        }
      }
    }
  }
}
