package dev.shunt.node.sync;

import dev.shunt.protocol.node.v1.JoinRequest;
import dev.shunt.protocol.node.v1.JoinResponse;
import dev.shunt.protocol.node.v1.NodeMessage;
import dev.shunt.protocol.node.v1.NodeSyncGrpc;
import dev.shunt.protocol.node.v1.ServerMessage;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** gRPC, and nothing but gRPC: opens streams, joins, and puts failures into sentences. */
final class NodeSyncChannel implements AutoCloseable {

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final long JOIN_SECONDS = 10;

  private final ManagedChannel channel;

  NodeSyncChannel(ManagedChannel channel) {
    this.channel = channel;
  }

  /** What became of an attempt to join. */
  sealed interface JoinAnswer {
    record Joined(String credential) implements JoinAnswer {}

    record Failed(String sentence) implements JoinAnswer {}
  }

  /** The node's side of one stream; used by one thread. */
  interface Stream {
    boolean isReady();

    void send(NodeMessage message);

    void cancel(String reason);
  }

  /** Answers on a thread of gRPC's, exactly once. */
  void join(NodeIdentity identity, String token, Consumer<JoinAnswer> answer) {
    var request =
        JoinRequest.newBuilder()
            .setJoinToken(token)
            .setNodeId(identity.nodeId())
            .putAllLabels(identity.labels())
            .build();
    NodeSyncGrpc.newStub(channel)
        .withDeadlineAfter(JOIN_SECONDS, TimeUnit.SECONDS)
        .join(
            request,
            new StreamObserver<>() {
              private @Nullable String credential;

              @Override
              public void onNext(JoinResponse response) {
                credential = response.getNodeCredential();
              }

              @Override
              public void onError(Throwable error) {
                answer.accept(new JoinAnswer.Failed(sentence(Status.fromThrowable(error))));
              }

              @Override
              public void onCompleted() {
                answer.accept(
                    credential == null || credential.isBlank()
                        ? new JoinAnswer.Failed("the control plane answered without a credential")
                        : new JoinAnswer.Joined(credential));
              }
            });
  }

  /**
   * Events arrive on a thread of gRPC's, in order; {@link SyncEvent.StreamEnded} is the last one.
   */
  Stream open(long number, String credential, Consumer<SyncEvent> events) {
    var metadata = new Metadata();
    metadata.put(AUTHORIZATION, "Bearer " + credential);
    var receiver = new Receiver(number, events);
    NodeSyncGrpc.newStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata))
        .connect(receiver);
    return receiver;
  }

  /** Breaks what is still open; does not wait. */
  @Override
  public void close() {
    channel.shutdownNow();
  }

  private static final class Receiver
      implements ClientResponseObserver<NodeMessage, ServerMessage>, Stream {
    private final long number;
    private final Consumer<SyncEvent> events;
    private @Nullable ClientCallStreamObserver<NodeMessage> requests;

    Receiver(long number, Consumer<SyncEvent> events) {
      this.number = number;
      this.events = events;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<NodeMessage> stream) {
      requests = stream;
    }

    @Override
    public void onNext(ServerMessage message) {
      events.accept(ProtocolMessages.event(number, message));
    }

    @Override
    public void onError(Throwable error) {
      Status status = Status.fromThrowable(error);
      events.accept(new SyncEvent.StreamEnded(number, cause(status), sentence(status)));
    }

    @Override
    public void onCompleted() {
      events.accept(
          new SyncEvent.StreamEnded(
              number, SyncEvent.Cause.ENDED, "the control plane ended the stream"));
    }

    @Override
    public boolean isReady() {
      return requests != null && requests.isReady();
    }

    @Override
    public void send(NodeMessage message) {
      if (requests != null) {
        requests.onNext(message);
      }
    }

    @Override
    public void cancel(String reason) {
      if (requests != null) {
        requests.cancel(reason, null);
      }
    }
  }

  private static SyncEvent.Cause cause(Status status) {
    return switch (status.getCode()) {
      case UNAUTHENTICATED, PERMISSION_DENIED -> SyncEvent.Cause.REFUSED;
      default -> SyncEvent.Cause.UNREACHABLE;
    };
  }

  private static String sentence(Status status) {
    String detail = status.getDescription() == null ? "" : ": " + status.getDescription();
    Throwable cause = status.getCause();
    String because = cause == null ? "" : " (" + rootMessage(cause) + ")";
    return switch (status.getCode()) {
      case UNAVAILABLE -> "the control plane cannot be reached" + detail + because;
      case UNAUTHENTICATED -> "the control plane does not accept this node's credential" + detail;
      case PERMISSION_DENIED -> "the control plane refuses this node" + detail;
      case DEADLINE_EXCEEDED -> "the control plane did not answer in time" + detail;
      case RESOURCE_EXHAUSTED -> "the control plane has no room for this node now" + detail;
      case UNIMPLEMENTED -> "that address does not speak Shunt's node protocol" + detail;
      default -> "the stream broke: " + status.getCode() + detail + because;
    };
  }

  private static String rootMessage(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
  }
}
