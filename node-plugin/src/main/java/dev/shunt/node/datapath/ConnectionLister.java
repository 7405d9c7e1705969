package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.NetworkNamespace;
import dev.shunt.node.bpf.NetworkNamespaces;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Reads the report iterator in every network namespace. It changes nothing, so it may run beside
 * the conductor.
 */
final class ConnectionLister {
  private final PinFolder folder;
  private final Map<Integer, String> policies = new HashMap<>();

  ConnectionLister(PinFolder folder, DatapathMaps maps) {
    this.folder = folder;
    new CounterRows(maps.rows(), maps.counters())
        .read()
        .forEach((name, row) -> policies.put(row, name));
  }

  List<Connection> list() {
    // Entering a namespace moves the thread, so it is a thread of its own.
    FutureTask<List<Connection>> walk = new FutureTask<>(this::walk);
    Thread thread = new Thread(walk, "shunt-connections");
    thread.setDaemon(true);
    thread.start();
    try {
      return walk.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException("cannot list connections", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while listing connections", e);
    }
  }

  private List<Connection> walk() {
    List<Connection> connections = new ArrayList<>();
    NetworkNamespace home = NetworkNamespaces.own();
    for (NetworkNamespace namespace : NetworkNamespaces.all().values()) {
      try {
        namespace.inside(home, () -> read(connections));
      } catch (BpfException e) {
        // A namespace whose last process has ended meanwhile has no connections left to list.
        if (Files.exists(namespace.file())) {
          throw e;
        }
      }
    }
    return connections;
  }

  private void read(List<Connection> connections) {
    Path pin = folder.pin(PinFolder.REPORT_ITERATOR);
    try {
      ByteBuffer reports = Abi.wrap(Files.readAllBytes(pin));
      while (reports.remaining() >= Abi.REPORT_SIZE) {
        connections.add(Connection.read(reports, policies::get));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the iterator " + pin, e);
    }
  }
}
