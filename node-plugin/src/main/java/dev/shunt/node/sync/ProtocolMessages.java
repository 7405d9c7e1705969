package dev.shunt.node.sync;

import dev.shunt.node.agent.Health;
import dev.shunt.node.agent.PolicyProblem;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.datapath.Insight;
import dev.shunt.node.datapath.Reason;
import dev.shunt.node.store.PolicySnapshot;
import dev.shunt.protocol.node.v1.Ack;
import dev.shunt.protocol.node.v1.DatapathState;
import dev.shunt.protocol.node.v1.Hello;
import dev.shunt.protocol.node.v1.Nack;
import dev.shunt.protocol.node.v1.NodeMessage;
import dev.shunt.protocol.node.v1.PolicyCounters;
import dev.shunt.protocol.node.v1.PolicyError;
import dev.shunt.protocol.node.v1.ServerMessage;
import dev.shunt.protocol.node.v1.Status;
import dev.shunt.protocol.node.v1.Update;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Between the session's own words and the wire's. */
final class ProtocolMessages {

  private ProtocolMessages() {}

  static NodeMessage hello(NodeIdentity identity, PolicySnapshot holds) {
    return NodeMessage.newBuilder()
        .setHello(
            Hello.newBuilder()
                .setNodeId(identity.nodeId())
                .putAllLabels(identity.labels())
                .setAgentVersion(identity.agentVersion())
                .addAllCapabilities(identity.capabilities())
                .setAppliedVersion(holds.revision())
                .setAppliedDigest(holds.digest())
                .setKernelRelease(identity.kernelRelease()))
        .build();
  }

  static NodeMessage ack(SyncAction.SendAck ack) {
    return NodeMessage.newBuilder()
        .setAck(
            Ack.newBuilder()
                .setNonce(ack.nonce())
                .setVersion(ack.version())
                .setDigest(ack.digest()))
        .build();
  }

  static NodeMessage nack(SyncAction.SendNack nack) {
    Nack.Builder message =
        Nack.newBuilder().setNonce(nack.nonce()).setActiveVersion(nack.activeVersion());
    for (PolicyProblem problem : nack.problems()) {
      message.addErrors(
          PolicyError.newBuilder()
              .setResource(problem.resource())
              .setPath(problem.path())
              .setCode(problem.code())
              .setErrno(problem.errno())
              .setMessage(problem.message()));
    }
    return NodeMessage.newBuilder().setNack(message).build();
  }

  /**
   * @param insight null when there is nothing new
   */
  static NodeMessage status(Health health, @Nullable Insight insight) {
    Status.Builder message = Status.newBuilder().addAllProblems(health.problems());
    if (insight != null) {
      message.setInsight(InsightMessages.of(insight));
    }
    DatapathStatus status = health.status();
    if (status == null) {
      return NodeMessage.newBuilder()
          .setStatus(message.setState(DatapathState.DATAPATH_STATE_REFUSED))
          .build();
    }
    message
        .setState(state(status.state(), !health.problems().isEmpty()))
        .setGeneration(status.generation())
        .setLiveConnections(status.live())
        .setAcceleratedConnections(status.accelerated())
        .setRedirectedBytes(status.redirectedBytes())
        .setRedirectedMessages(status.redirectedMessages())
        .putAllReasons(nonZero(status.reasons()));
    for (DatapathStatus.PolicyCounters policy : status.policies()) {
      DatapathStatus.Counters counters = policy.counters();
      message.addPolicies(
          PolicyCounters.newBuilder()
              .setPolicy(policy.policy())
              .setAcceleratedConnections(counters.accelerated())
              .setRedirectedBytes(counters.redirectedBytes())
              .setRedirectedMessages(counters.redirectedMessages())
              .putAllReasons(nonZero(counters.reasons())));
    }
    return NodeMessage.newBuilder().setStatus(message).build();
  }

  private static DatapathState state(DatapathStatus.State state, boolean hasProblems) {
    return switch (state) {
      case IDLE, ACTIVE ->
          hasProblems ? DatapathState.DATAPATH_STATE_DEGRADED : DatapathState.DATAPATH_STATE_ACTIVE;
      case DRAINING, DETACHED -> DatapathState.DATAPATH_STATE_DEGRADED;
    };
  }

  private static Map<String, Long> nonZero(Map<Reason, Long> reasons) {
    var counts = new TreeMap<String, Long>();
    reasons.forEach(
        (reason, count) -> {
          if (count != 0) {
            counts.put(reason.wireName(), count);
          }
        });
    return counts;
  }

  static SyncEvent event(long stream, ServerMessage message) {
    return switch (message.getMessageCase()) {
      case UPDATE -> new SyncEvent.UpdateReceived(stream, update(message.getUpdate()));
      case HEARTBEAT ->
          new SyncEvent.HeartbeatReceived(
              stream, message.getHeartbeat().getVersion(), message.getHeartbeat().getDigest());
      case RESYNC -> new SyncEvent.ResyncReceived(stream, message.getResync().getReason());
      case GO_AWAY ->
          new SyncEvent.GoAwayReceived(
              stream,
              Duration.ofMillis(Math.max(0, message.getGoAway().getRetryAfterMillis())),
              message.getGoAway().getReason());
      case MESSAGE_NOT_SET -> new SyncEvent.UnknownReceived(stream);
    };
  }

  private static PolicyUpdate update(Update update) {
    return new PolicyUpdate(
        update.getNonce(),
        update.getVersion(),
        update.getDigest(),
        update.getFull(),
        update.getBaseVersion(),
        update.getUpsertsList().stream()
            .map(
                resource ->
                    new PolicyUpdate.Resource(
                        resource.getName(), resource.getCanonicalJson().toStringUtf8()))
            .toList(),
        update.getRemovalsList());
  }
}
