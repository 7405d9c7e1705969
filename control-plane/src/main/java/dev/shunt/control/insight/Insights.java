package dev.shunt.control.insight;

import dev.shunt.control.nodes.Nodes;
import dev.shunt.policy.observe.Observation;
import dev.shunt.policy.validate.ObservedSocket;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What every node saw lately. In memory only: after a restart of the server it is empty until nodes
 * report again, and says so. Thread-safe.
 */
public final class Insights {

  /** How long a flow is remembered after a node reported it last. */
  public static final Duration WINDOW = Duration.ofHours(1);

  /** Of all nodes together: about 100 MB. */
  private static final int MOST_FLOWS = 200_000;

  private static final int MOST_FLOWS_OF_A_NODE = 512;
  private static final int FEWEST_FLOWS_OF_A_NODE = 16;

  private final Nodes nodes;
  private final Clock clock;
  private final Map<String, NodeMemory> memories = new TreeMap<>();

  public Insights(Nodes nodes, Clock clock) {
    this.nodes = nodes;
    this.clock = clock;
  }

  /**
   * What is known of connections.
   *
   * @param flows of nodes that exist
   * @param nodes that reported anything
   * @param since start of what is remembered; null when no node has reported
   * @param truncated whether some node has more flows than are remembered
   */
  public record Seen(List<SeenFlow> flows, int nodes, @Nullable Instant since, boolean truncated) {}

  /**
   * What a policy was seen to do.
   *
   * @param nodes that observed it
   * @param at the latest report among them; null when there is none
   */
  public record PolicySeen(Observation observation, int nodes, @Nullable Instant at) {}

  /** A node told what it sees. */
  public synchronized void report(String node, NodeInsight insight) {
    Instant now = clock.instant();
    NodeMemory memory = memories.computeIfAbsent(node, id -> new NodeMemory(now));
    int most = Math.min(MOST_FLOWS_OF_A_NODE, MOST_FLOWS / memories.size());
    memory.report(insight, now, Math.max(FEWEST_FLOWS_OF_A_NODE, most));
  }

  /** Of every node. */
  public Seen seen() {
    return seen(node -> true);
  }

  /** Of one node. */
  public Seen seenOf(String id) {
    return seen(id::equals);
  }

  private Seen seen(Predicate<String> wanted) {
    Map<String, Map<String, String>> labels = nodes.labels();
    synchronized (this) {
      memories.keySet().retainAll(labels.keySet());
      List<SeenFlow> flows = new ArrayList<>();
      List<NodeMemory> asked = new ArrayList<>();
      memories.forEach(
          (node, memory) -> {
            if (wanted.test(node)) {
              memory.forgetBefore(clock.instant().minus(WINDOW));
              flows.addAll(memory.flows(node, labels.getOrDefault(node, Map.of())));
              asked.add(memory);
            }
          });
      return new Seen(
          flows,
          asked.size(),
          asked.stream()
              .map(memory -> memory.since(WINDOW))
              .min(Comparator.naturalOrder())
              .orElse(null),
          asked.stream().anyMatch(NodeMemory::isTruncated));
    }
  }

  public synchronized PolicySeen of(String policy) {
    List<NodeMemory> observing =
        memories.values().stream()
            .filter(memory -> memory.observations().containsKey(policy))
            .toList();
    return new PolicySeen(
        Observation.sum(
            observing.stream()
                .map(memory -> memory.observations().getOrDefault(policy, Observation.NONE))
                .toList()),
        observing.size(),
        observing.stream().map(NodeMemory::lastReport).max(Comparator.naturalOrder()).orElse(null));
  }

  /** Every end of every flow, for warnings about policies. */
  public static List<ObservedSocket> sockets(Seen seen) {
    return seen.flows().stream()
        .flatMap(
            flow ->
                Stream.of(flow.flow().client(), flow.flow().server())
                    .filter(java.util.Objects::nonNull)
                    .map(
                        end ->
                            new ObservedSocket(
                                end.view(),
                                flow.nodeLabels(),
                                end.obstacles().contains("blocking_socket"))))
        .toList();
  }
}
