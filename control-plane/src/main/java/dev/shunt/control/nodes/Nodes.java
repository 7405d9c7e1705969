package dev.shunt.control.nodes;

import dev.shunt.control.audit.Actor;
import dev.shunt.control.audit.AuditEntry;
import dev.shunt.control.audit.AuditLog;
import dev.shunt.control.push.DesiredState;
import dev.shunt.control.push.DesiredStates;
import dev.shunt.control.push.Outbound;
import dev.shunt.control.push.PushQueue;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All nodes: who they are, what each should carry, and the streams to them. Thread-safe. */
public final class Nodes {

  private static final Logger log = LoggerFactory.getLogger(Nodes.class);

  private final NodeDirectory directory;
  private final NodeStore store;
  private final DesiredStates desired;
  private final PushQueue queue;
  private final NodeListener listener;
  private final PushMeters meters;
  private final AuditLog audit;
  private final Duration silence;
  private final Clock clock;

  Nodes(
      NodeStore store,
      DesiredStates desired,
      PushQueue queue,
      NodeListener listener,
      PushMeters meters,
      AuditLog audit,
      Duration silence,
      Clock clock) {
    this.directory = new NodeDirectory(store);
    this.store = store;
    this.desired = desired;
    this.queue = queue;
    this.listener = listener;
    this.meters = meters;
    this.audit = audit;
    this.silence = silence;
    this.clock = clock;
  }

  /** A node, what it should carry, and how it stands to that. */
  record Standing(Node node, DesiredState desired, NodeState state) {

    boolean carriesDesired() {
      return node.applied().digest().equals(desired.digest());
    }

    /** Newest revision whose set the node is known to carry; 0 for none. */
    long appliedRevision() {
      return carriesDesired() ? desired.version() : node.applied().revision();
    }
  }

  /** By id. */
  List<Standing> standings() {
    Instant now = clock.instant();
    return directory.all().stream()
        .map(node -> standing(node, now))
        .sorted(Comparator.comparing(standing -> standing.node().id()))
        .toList();
  }

  @Nullable Standing standing(String id) {
    Node node = directory.find(id);
    return node == null ? null : standing(node, clock.instant());
  }

  private Standing standing(Node node, Instant now) {
    DesiredState state = desired.forLabels(node.labels());
    return new Standing(node, state, NodeState.of(node, state, silence, now));
  }

  /** The labels of each node, by id. */
  public Map<String, Map<String, String>> labels() {
    Collection<Node> nodes = directory.all();
    return nodes.stream().collect(Collectors.toUnmodifiableMap(Node::id, Node::labels));
  }

  public int size() {
    return directory.size();
  }

  /** Whether a node of this id has a stream now. */
  public boolean isConnected(String id) {
    return queue.isOpen(id);
  }

  /**
   * Lets a node in, or gives one that lost its credential a new one.
   *
   * @param credentialHash of the credential it will show
   */
  public void join(
      String id, Map<String, String> labels, String credentialHash, String remote, String token) {
    Instant now = clock.instant();
    Node node = Node.joined(id, labels, now);
    store.join(node, credentialHash);
    directory.put(node);
    audit.record(
        AuditEntry.done(
            now, new Actor("node:" + id, remote), "nodes.join", "node/" + id, "by token " + token));
    log.info("node {} joined from {} with labels {}", id, remote, labels);
    changed(id);
  }

  /** The node with this credential, or null. */
  public @Nullable String authenticate(String credentialHash) {
    return store.idOf(credentialHash);
  }

  /**
   * Takes over the stream of a node and hands it what it should carry.
   *
   * @return null when the node was deleted in the meantime
   */
  public @Nullable NodeConnection connect(String id, Greeting greeting, Outbound outbound) {
    Instant now = clock.instant();
    Node node =
        directory.update(
            id,
            old -> {
              boolean same = old.applied().digest().equals(greeting.appliedDigest());
              return old.connected(
                  greeting.labels(),
                  greeting.agentVersion(),
                  greeting.kernelRelease(),
                  new Node.Applied(
                      greeting.appliedRevision(),
                      greeting.appliedDigest(),
                      same ? old.applied().at() : null),
                  now);
            });
    if (node == null) {
      return null;
    }
    Rejection rejection = node.rejection();
    NodeConnection connection = new NodeConnection(id, directory, this::changed, meters, clock);
    log.info(
        "node {} connected: agent {}, kernel {}, carries revision {}",
        id,
        node.agentVersion(),
        node.kernelRelease(),
        node.applied().revision());
    connection.opened(
        queue.open(
            id,
            node.labels(),
            outbound,
            greeting.appliedDigest(),
            rejection == null ? null : rejection.digest(),
            connection::timedOut));
    changed(id);
    return connection;
  }

  /** The stream of a connection ended. */
  public void disconnected(NodeConnection connection, String why) {
    queue.ended(connection.nodeId(), connection.stream());
    // A node that reconnected before its old stream was seen to end is still there.
    if (!queue.isOpen(connection.nodeId())
        && directory.update(connection.nodeId(), Node::disconnected) != null) {
      log.info("node {} disconnected: {}", connection.nodeId(), why);
      changed(connection.nodeId());
    }
  }

  /** Sends a node again what it refused; false when there is no such node. */
  boolean retry(String id, Actor actor) {
    Node node = directory.update(id, old -> old.rejected(null));
    if (node == null) {
      return false;
    }
    audit.record(AuditEntry.done(clock.instant(), actor, "nodes.retry", "node/" + id, ""));
    log.info("node {} is sent revision {} again, asked by {}", id, desired.version(), actor.name());
    queue.retry(id);
    changed(id);
    return true;
  }

  /** Forgets a node and its credential; false when there is no such node. */
  boolean delete(String id, Actor actor) {
    if (directory.remove(id) == null) {
      return false;
    }
    store.delete(id);
    audit.record(AuditEntry.done(clock.instant(), actor, "nodes.delete", "node/" + id, ""));
    log.info("node {} deleted by {}", id, actor.name());
    queue.close(id, "the node was deleted");
    listener.deleted(id);
    return true;
  }

  /** Looks for nodes that went silent: nothing else would tell. */
  void look() {
    standings().forEach(listener::changed);
  }

  /** Writes what nodes told since the last call. */
  void save() {
    directory.save();
  }

  private void changed(String id) {
    Standing standing = standing(id);
    if (standing != null) {
      listener.changed(standing);
    }
  }
}
