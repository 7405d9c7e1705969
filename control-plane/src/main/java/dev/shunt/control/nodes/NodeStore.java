package dev.shunt.control.nodes;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Where nodes outlive the server. Thread-safe. */
interface NodeStore {

  /** Every node, as disconnected. */
  Collection<Node> load();

  /** Adds a node, or gives a known one a new credential. */
  void join(Node node, String credentialHash);

  /** Writes what changed about nodes; those that are gone are skipped. */
  void save(Collection<Node> nodes);

  void delete(String id);

  /** The node with this credential, or null. */
  @Nullable String idOf(String credentialHash);
}
