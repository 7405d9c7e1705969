package dev.shunt.control.nodes;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Every node, in memory; the store follows in batches, because thousands of nodes answer an edit at
 * once and none of what they say is lost for good: they say it again when they connect.
 * Thread-safe.
 */
final class NodeDirectory {

  private final NodeStore store;
  private final Map<String, Node> nodes = new ConcurrentHashMap<>();
  private final Set<String> unsaved = ConcurrentHashMap.newKeySet();

  NodeDirectory(NodeStore store) {
    this.store = store;
    store.load().forEach(node -> nodes.put(node.id(), node));
  }

  @Nullable Node find(String id) {
    return nodes.get(id);
  }

  Collection<Node> all() {
    return List.copyOf(nodes.values());
  }

  int size() {
    return nodes.size();
  }

  /** Adds a node that has just been stored, or forgets what was known about a previous one. */
  void put(Node node) {
    nodes.put(node.id(), node);
  }

  /** Changes what is known about a node; null when there is no such node. */
  @Nullable Node update(String id, UnaryOperator<Node> change) {
    Node updated = nodes.computeIfPresent(id, (same, node) -> change.apply(node));
    if (updated != null) {
      unsaved.add(id);
    }
    return updated;
  }

  @Nullable Node remove(String id) {
    return nodes.remove(id);
  }

  /** Writes what changed since the last call. */
  void save() {
    List<Node> changed = new ArrayList<>();
    for (String id : List.copyOf(unsaved)) {
      // Taken out first: a change from here on is for the next call.
      unsaved.remove(id);
      Node node = nodes.get(id);
      if (node != null) {
        changed.add(node);
      }
    }
    if (!changed.isEmpty()) {
      store.save(changed);
    }
  }
}
