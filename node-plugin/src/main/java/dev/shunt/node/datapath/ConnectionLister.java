package dev.shunt.node.datapath;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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
    List<Connection> connections = new ArrayList<>();
    new NamespaceReader(folder.pin(PinFolder.REPORT_ITERATOR), Abi.REPORT_SIZE)
        .read(report -> connections.add(Connection.read(report, policies::get)));
    return connections;
  }
}
