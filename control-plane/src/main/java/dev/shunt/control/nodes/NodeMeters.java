package dev.shunt.control.nodes;

import dev.shunt.control.push.PushQueue;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.springframework.stereotype.Component;

/** {@code shunt_nodes} by state, and the number of open streams. */
@Component
class NodeMeters implements MeterBinder {

  private final Nodes nodes;
  private final PushQueue queue;

  NodeMeters(Nodes nodes, PushQueue queue) {
    this.nodes = nodes;
    this.queue = queue;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    Gauge.builder("shunt.node.streams", queue, PushQueue::size)
        .description("Open streams of nodes")
        .register(registry);
    MultiGauge.Row<?>[] rows =
        Arrays.stream(NodeState.values())
            .map(
                state ->
                    MultiGauge.Row.of(
                        Tags.of("state", state.name()), () -> count().getOrDefault(state, 0)))
            .toArray(MultiGauge.Row<?>[]::new);
    MultiGauge.builder("shunt.nodes")
        .description("Nodes by state")
        .register(registry)
        .register(Arrays.asList(rows));
  }

  private Map<NodeState, Integer> count() {
    Map<NodeState, Integer> counts = new EnumMap<>(NodeState.class);
    nodes.standings().forEach(standing -> counts.merge(standing.state(), 1, Integer::sum));
    return counts;
  }
}
