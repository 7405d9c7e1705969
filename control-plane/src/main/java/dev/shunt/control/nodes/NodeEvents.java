package dev.shunt.control.nodes;

import dev.shunt.control.events.EventLog;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;

/** Publishes what a user sees of a node when it changes, and only then. */
@Component
class NodeEvents implements NodeListener {

  /**
   * What the event says; the rest is read from {@code /api/v1/nodes/{id}}.
   *
   * @param appliedRevision changes also when the node was so quick that nobody saw it pending
   */
  record NodeChanged(
      String id,
      NodeState state,
      NodeView.HealthState health,
      long appliedRevision,
      boolean deleted) {}

  private final EventLog events;
  private final Map<String, NodeChanged> last = new ConcurrentHashMap<>();

  NodeEvents(EventLog events) {
    this.events = events;
  }

  @Override
  public void changed(Nodes.Standing standing) {
    NodeChanged now =
        new NodeChanged(
            standing.node().id(),
            standing.state(),
            NodeView.Health.of(standing.node()).state(),
            standing.appliedRevision(),
            false);
    if (!now.equals(last.put(now.id(), now))) {
      events.publish("node", now);
    }
  }

  @Override
  public void deleted(String id) {
    last.remove(id);
    events.publish(
        "node",
        new NodeChanged(id, NodeState.Unreachable, NodeView.HealthState.NotAccelerating, 0, true));
  }
}
