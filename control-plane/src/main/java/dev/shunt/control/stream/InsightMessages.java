package dev.shunt.control.stream;

import com.google.protobuf.ByteString;
import dev.shunt.control.insight.NodeInsight;
import dev.shunt.policy.CgroupPath;
import dev.shunt.policy.IpAddress;
import dev.shunt.policy.match.SocketView;
import dev.shunt.policy.observe.Blocker;
import dev.shunt.policy.observe.Flow;
import dev.shunt.policy.observe.FlowEnd;
import dev.shunt.policy.observe.Observation;
import dev.shunt.policy.observe.SizeClass;
import dev.shunt.policy.observe.Traffic;
import dev.shunt.protocol.node.v1.Insight;
import dev.shunt.protocol.node.v1.PolicyObservation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what a node saw. A node is trusted to tell the truth, not to be of this version: what
 * cannot be read is left out.
 */
final class InsightMessages {

  private static final Logger log = LoggerFactory.getLogger(InsightMessages.class);

  /** More than a node of this version sends; the rest would only fill memory. */
  private static final int MOST_FLOWS = 512;

  private static final int MOST_POLICIES = 1_024;
  private static final int MOST_BLOCKERS = 32;

  private InsightMessages() {}

  static NodeInsight read(Insight message) {
    List<Flow> flows = new ArrayList<>();
    message.getFlowsList().stream()
        .limit(MOST_FLOWS)
        .forEach(
            flow -> {
              try {
                flows.add(flow(flow));
              } catch (IllegalArgumentException e) {
                log.debug("left out a flow that cannot be read: {}", e.getMessage());
              }
            });
    Map<String, Observation> observations = new HashMap<>();
    message.getObservationsList().stream()
        .limit(MOST_POLICIES)
        .forEach(seen -> observations.put(seen.getPolicy(), observation(seen)));
    return new NodeInsight(
        (int) Math.min(Integer.MAX_VALUE, message.getSockets()),
        message.getTruncated() || message.getFlowsCount() > MOST_FLOWS,
        flows,
        observations);
  }

  private static Flow flow(dev.shunt.protocol.node.v1.Flow flow) {
    return new Flow(
        flow.hasClient() ? end(flow.getClient()) : null,
        flow.hasServer() ? end(flow.getServer()) : null,
        flow.getVerdict(),
        wordOrNull(flow.getWould()),
        flow.getOpen(),
        flow.getClientPortsList());
  }

  private static @Nullable String wordOrNull(String word) {
    return word.isEmpty() ? null : word;
  }

  private static FlowEnd end(dev.shunt.protocol.node.v1.FlowEnd end) {
    return new FlowEnd(
        new SocketView(
            end.getPort(),
            address(end.getClient()),
            address(end.getServer()),
            CgroupPath.parse(end.getCgroup())),
        new TreeSet<>(end.getObstaclesList()));
  }

  private static IpAddress address(ByteString bytes) {
    return IpAddress.of(bytes.toByteArray());
  }

  private static Observation observation(PolicyObservation seen) {
    return new Observation(
        seen.getOpen(),
        seen.getMissed(),
        seen.getOutcomesMap(),
        padded(seen.getDurationsList(), Observation.DURATIONS.size()),
        traffic(seen.getAccelerable()),
        traffic(seen.getOther()),
        seen.getBlockersList().stream()
            .limit(MOST_BLOCKERS)
            .map(
                blocker ->
                    new Blocker(
                        blocker.getCgroup(),
                        blocker.getSockets(),
                        blocker.getHalfCloses(),
                        blocker.getWaitAlls(),
                        blocker.getSignals()))
            .toList());
  }

  private static Traffic traffic(dev.shunt.protocol.node.v1.Traffic traffic) {
    int classes = SizeClass.values().length;
    return new Traffic(
        padded(traffic.getRepliesList(), classes),
        padded(traffic.getStreamedList(), classes),
        traffic.getSentBytes(),
        traffic.getReceives(),
        traffic.getReceivedBytes(),
        traffic.getSameCpu());
  }

  private static List<Long> padded(List<Long> counts, int size) {
    List<Long> padded = new ArrayList<>(counts.subList(0, Math.min(size, counts.size())));
    padded.addAll(Collections.nCopies(size - padded.size(), 0L));
    return padded;
  }
}
