package dev.shunt.node.sync;

import dev.shunt.protocol.node.v1.JoinRequest;
import dev.shunt.protocol.node.v1.JoinResponse;
import dev.shunt.protocol.node.v1.NodeMessage;
import dev.shunt.protocol.node.v1.NodeSyncGrpc.NodeSyncImplBase;
import dev.shunt.protocol.node.v1.ServerMessage;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The other end of the wire: a real gRPC server on loopback whose answers a test gives one by one.
 */
final class ScriptedControlPlane extends NodeSyncImplBase
    implements ServerInterceptor, AutoCloseable {

  static final String TOKEN = "join-me";
  static final String CREDENTIAL = "credential-1";

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Context.Key<String> CALLER = Context.key("caller");
  private static final long SECONDS = 20;

  private final Server server;
  private final BlockingQueue<Session> sessions = new LinkedBlockingQueue<>();
  final BlockingQueue<JoinRequest> joins = new LinkedBlockingQueue<>();

  private ScriptedControlPlane(int port, ServerCredentials credentials) throws IOException {
    server =
        Grpc.newServerBuilderForPort(port, credentials).addService(this).intercept(this).build();
    server.start();
  }

  static ScriptedControlPlane start() throws IOException {
    return startAt(0);
  }

  static ScriptedControlPlane startAt(int port) throws IOException {
    return new ScriptedControlPlane(port, InsecureServerCredentials.create());
  }

  static ScriptedControlPlane start(ServerCredentials credentials) throws IOException {
    return new ScriptedControlPlane(0, credentials);
  }

  int port() {
    return server.getPort();
  }

  /** The next stream a node opens. */
  Session nextSession() throws InterruptedException {
    return orFail(sessions.poll(SECONDS, TimeUnit.SECONDS), "a stream");
  }

  @Override
  public void join(JoinRequest request, StreamObserver<JoinResponse> answer) {
    joins.add(request);
    if (request.getJoinToken().equals(TOKEN)) {
      answer.onNext(JoinResponse.newBuilder().setNodeCredential(CREDENTIAL).build());
      answer.onCompleted();
    } else {
      answer.onError(
          Status.UNAUTHENTICATED.withDescription("unknown join token").asRuntimeException());
    }
  }

  @Override
  public StreamObserver<NodeMessage> connect(StreamObserver<ServerMessage> answers) {
    var session = new Session(String.valueOf(CALLER.get()), answers);
    sessions.add(session);
    return session;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String caller = headers.get(AUTHORIZATION);
    Context context = Context.current().withValue(CALLER, caller == null ? "" : caller);
    return Contexts.interceptCall(context, call, headers, next);
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  /** One stream. */
  static final class Session implements StreamObserver<NodeMessage> {
    final String authorization;
    private final StreamObserver<ServerMessage> answers;
    private final BlockingQueue<NodeMessage> messages = new LinkedBlockingQueue<>();

    private Session(String authorization, StreamObserver<ServerMessage> answers) {
      this.authorization = authorization;
      this.answers = answers;
    }

    void send(ServerMessage.Builder message) {
      answers.onNext(message.build());
    }

    void end() {
      answers.onCompleted();
    }

    void fail(Status status) {
      answers.onError(status.asRuntimeException());
    }

    /** The next message of a kind; others are passed over. */
    NodeMessage next(Predicate<NodeMessage> wanted) throws InterruptedException {
      while (true) {
        NodeMessage message = orFail(messages.poll(SECONDS, TimeUnit.SECONDS), "a message");
        if (wanted.test(message)) {
          return message;
        }
      }
    }

    @Override
    public void onNext(NodeMessage message) {
      messages.add(message);
    }

    @Override
    public void onError(Throwable error) {}

    @Override
    public void onCompleted() {}
  }

  private static <T> T orFail(@Nullable T value, String what) {
    if (value == null) {
      throw new AssertionError("expected " + what + " within " + SECONDS + " s, found none");
    }
    return value;
  }
}
