package dev.shunt.control.stream;

import dev.shunt.control.audit.Actor;
import dev.shunt.control.audit.AuditEntry;
import dev.shunt.control.audit.AuditLog;
import dev.shunt.control.insight.Insights;
import dev.shunt.control.nodes.Nodes;
import dev.shunt.control.security.JoinTokens;
import dev.shunt.control.security.Secrets;
import dev.shunt.protocol.node.v1.JoinRequest;
import dev.shunt.protocol.node.v1.JoinResponse;
import dev.shunt.protocol.node.v1.NodeMessage;
import dev.shunt.protocol.node.v1.NodeSyncGrpc;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.time.Clock;
import java.util.Map;
import java.util.regex.Pattern;
import org.springframework.stereotype.Service;

/** The {@code NodeSync} service. */
@Service
class NodeSyncService implements BindableService {

  /** A host name: what people use as node ids, and what is safe in logs and paths. */
  private static final Pattern NODE_ID =
      Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?");

  private static final int MOST_LABELS = 64;

  private final Nodes nodes;
  private final Insights insights;
  private final JoinTokens joinTokens;
  private final NodeCredentials credentials;
  private final AuditLog audit;
  private final Clock clock;

  NodeSyncService(
      Nodes nodes,
      Insights insights,
      JoinTokens joinTokens,
      NodeCredentials credentials,
      AuditLog audit,
      Clock clock) {
    this.nodes = nodes;
    this.insights = insights;
    this.joinTokens = joinTokens;
    this.credentials = credentials;
    this.audit = audit;
    this.clock = clock;
  }

  @Override
  public ServerServiceDefinition bindService() {
    MethodDescriptor<NodeMessage, Object> connect =
        NodeSyncGrpc.getConnectMethod().toBuilder(
                NodeSyncGrpc.getConnectMethod().getRequestMarshaller(), new OutgoingMarshaller())
            .build();
    ServerServiceDefinition service =
        ServerServiceDefinition.builder(NodeSyncGrpc.SERVICE_NAME)
            .addMethod(NodeSyncGrpc.getJoinMethod(), ServerCalls.asyncUnaryCall(this::join))
            .addMethod(connect, ServerCalls.asyncBidiStreamingCall(this::connect))
            .build();
    return ServerInterceptors.intercept(service, credentials);
  }

  private void join(JoinRequest request, StreamObserver<JoinResponse> response) {
    String remote = NodeCredentials.REMOTE.get();
    String id = request.getNodeId();
    if (!NODE_ID.matcher(id).matches() || request.getLabelsCount() > MOST_LABELS) {
      refuse(
          response,
          Status.INVALID_ARGUMENT,
          "expected a node id like a host name and at most " + MOST_LABELS + " labels");
    } else if (nodes.isConnected(id)) {
      // Whoever holds a join token must not be able to take over a node that is alive.
      refused(id, remote, "the node is connected");
      refuse(
          response,
          Status.ALREADY_EXISTS,
          "expected the id of a node that is not connected, found "
              + id
              + "; stop that node plugin or choose another id");
    } else {
      admit(id, Map.copyOf(request.getLabelsMap()), request.getJoinToken(), remote, response);
    }
  }

  private void admit(
      String id,
      Map<String, String> labels,
      String joinToken,
      String remote,
      StreamObserver<JoinResponse> response) {
    String token = joinTokens.redeem(joinToken);
    if (token == null) {
      refused(id, remote, "unknown, expired, revoked or used-up join token");
      refuse(
          response,
          Status.UNAUTHENTICATED,
          "expected a valid join token, found an unknown, expired, revoked or used-up one; create"
              + " one with POST /api/v1/join-tokens");
      return;
    }
    String credential = Secrets.create("node");
    nodes.join(id, labels, Secrets.hash(credential), remote, token);
    response.onNext(JoinResponse.newBuilder().setNodeCredential(credential).build());
    response.onCompleted();
  }

  private void refused(String id, String remote, String why) {
    audit.record(
        AuditEntry.refused(
            clock.instant(), new Actor("anonymous", remote), "nodes.join", "node/" + id, why));
  }

  private static void refuse(StreamObserver<?> response, Status status, String reason) {
    response.onError(status.withDescription(reason).asRuntimeException());
  }

  private StreamObserver<NodeMessage> connect(StreamObserver<Object> responses) {
    return new NodeStream(
        nodes,
        insights,
        NodeCredentials.NODE_ID.get(),
        (ServerCallStreamObserver<Object>) responses);
  }
}
