package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.NetworkNamespace;
import dev.shunt.node.bpf.NetworkNamespaces;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;

/**
 * Reads a pinned iterator to its end in every network namespace. Entering a namespace moves the
 * thread, so each reading has a thread of its own.
 */
final class NamespaceReader {
  private final Path iterator;
  private final int recordSize;

  NamespaceReader(Path iterator, int recordSize) {
    this.iterator = iterator;
    this.recordSize = recordSize;
  }

  /** Hands over every record, in a buffer that is only valid during the call. */
  void read(Consumer<ByteBuffer> records) {
    FutureTask<Void> walk = new FutureTask<>(() -> walk(records), null);
    Thread thread = new Thread(walk, "shunt-namespaces");
    thread.setDaemon(true);
    thread.start();
    try {
      walk.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException("cannot read " + iterator, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while reading " + iterator, e);
    }
  }

  private void walk(Consumer<ByteBuffer> records) {
    NetworkNamespace home = NetworkNamespaces.own();
    for (NetworkNamespace namespace : NetworkNamespaces.all().values()) {
      try {
        namespace.inside(home, () -> readHere(records));
      } catch (BpfException e) {
        // A namespace whose last process has ended meanwhile has no sockets left.
        if (Files.exists(namespace.file())) {
          throw e;
        }
      }
    }
  }

  private void readHere(Consumer<ByteBuffer> records) {
    try {
      ByteBuffer all = Abi.wrap(Files.readAllBytes(iterator));
      while (all.remaining() >= recordSize) {
        records.accept(all.slice(all.position(), recordSize).order(all.order()));
        all.position(all.position() + recordSize);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the iterator " + iterator, e);
    }
  }
}
