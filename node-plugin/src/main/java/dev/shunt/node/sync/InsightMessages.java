package dev.shunt.node.sync;

import com.google.protobuf.ByteString;
import dev.shunt.node.datapath.Insight;
import dev.shunt.policy.match.SocketView;
import dev.shunt.policy.observe.Observation;
import dev.shunt.protocol.node.v1.Blocker;
import dev.shunt.protocol.node.v1.Flow;
import dev.shunt.protocol.node.v1.FlowEnd;
import dev.shunt.protocol.node.v1.PolicyObservation;
import dev.shunt.protocol.node.v1.Traffic;

/** What was seen of connections, in the words of the wire. */
final class InsightMessages {

  private InsightMessages() {}

  static dev.shunt.protocol.node.v1.Insight of(Insight insight) {
    var message =
        dev.shunt.protocol.node.v1.Insight.newBuilder()
            .setSockets(insight.flows().sockets())
            .setTruncated(insight.flows().truncated());
    insight.flows().flows().forEach(flow -> message.addFlows(flow(flow)));
    insight
        .observations()
        .forEach((policy, seen) -> message.addObservations(observation(policy, seen)));
    return message.build();
  }

  private static Flow flow(dev.shunt.policy.observe.Flow flow) {
    Flow.Builder message =
        Flow.newBuilder()
            .setVerdict(flow.verdict())
            .setOpen(flow.open())
            .addAllClientPorts(flow.clientPorts());
    dev.shunt.policy.observe.FlowEnd client = flow.client();
    if (client != null) {
      message.setClient(end(client));
    }
    dev.shunt.policy.observe.FlowEnd server = flow.server();
    if (server != null) {
      message.setServer(end(server));
    }
    String would = flow.would();
    return would == null ? message.build() : message.setWould(would).build();
  }

  private static FlowEnd end(dev.shunt.policy.observe.FlowEnd end) {
    SocketView view = end.view();
    return FlowEnd.newBuilder()
        .setClient(ByteString.copyFrom(view.client().bytes()))
        .setServer(ByteString.copyFrom(view.server().bytes()))
        .setPort(view.serverPort())
        .setCgroup(view.cgroup().toString())
        .addAllObstacles(end.obstacles())
        .build();
  }

  private static PolicyObservation observation(String policy, Observation seen) {
    PolicyObservation.Builder message =
        PolicyObservation.newBuilder()
            .setPolicy(policy)
            .setOpen(seen.open())
            .setMissed(seen.missed())
            .putAllOutcomes(seen.outcomes())
            .addAllDurations(seen.durations())
            .setAccelerable(traffic(seen.accelerable()))
            .setOther(traffic(seen.other()));
    seen.blockers()
        .forEach(
            blocker ->
                message.addBlockers(
                    Blocker.newBuilder()
                        .setCgroup(blocker.cgroup())
                        .setSockets(blocker.sockets())
                        .setHalfCloses(blocker.halfCloses())
                        .setWaitAlls(blocker.waitAlls())
                        .setSignals(blocker.signals())));
    return message.build();
  }

  private static Traffic traffic(dev.shunt.policy.observe.Traffic traffic) {
    return Traffic.newBuilder()
        .addAllReplies(traffic.replies())
        .addAllStreamed(traffic.streamed())
        .setSentBytes(traffic.sentBytes())
        .setReceives(traffic.receives())
        .setReceivedBytes(traffic.receivedBytes())
        .setSameCpu(traffic.sameCpu())
        .build();
  }
}
