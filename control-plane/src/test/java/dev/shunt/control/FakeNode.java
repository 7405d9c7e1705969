package dev.shunt.control;

import dev.shunt.protocol.node.v1.Ack;
import dev.shunt.protocol.node.v1.Hello;
import dev.shunt.protocol.node.v1.JoinRequest;
import dev.shunt.protocol.node.v1.Nack;
import dev.shunt.protocol.node.v1.NodeMessage;
import dev.shunt.protocol.node.v1.NodeSyncGrpc;
import dev.shunt.protocol.node.v1.PolicyError;
import dev.shunt.protocol.node.v1.ServerMessage;
import dev.shunt.protocol.node.v1.Status;
import dev.shunt.protocol.node.v1.Update;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A node plugin as far as the network sees it, on a real channel. */
final class FakeNode implements AutoCloseable {

  private static final long SECONDS = 20;
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final ManagedChannel channel;
  private final BlockingQueue<ServerMessage> received = new LinkedBlockingQueue<>();
  private final CompletableFuture<io.grpc.Status> ended = new CompletableFuture<>();
  private StreamObserver<NodeMessage> sent = new Discard();

  FakeNode(int port) {
    this(NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build());
  }

  private FakeNode(ManagedChannel channel) {
    this.channel = channel;
  }

  /** Trusts the certificate in a key store. */
  static FakeNode overTls(int port, Path keyStore) throws Exception {
    KeyStore trusted = KeyStore.getInstance(keyStore.toFile(), "changeit".toCharArray());
    X509Certificate certificate = (X509Certificate) trusted.getCertificate("server");
    return new FakeNode(
        NettyChannelBuilder.forAddress("localhost", port)
            .sslContext(GrpcSslContexts.forClient().trustManager(certificate).build())
            .build());
  }

  /** Exchanges a join token for a credential. */
  String join(String joinToken, String id, Map<String, String> labels) {
    return NodeSyncGrpc.newBlockingStub(channel)
        .withDeadlineAfter(SECONDS, TimeUnit.SECONDS)
        .join(
            JoinRequest.newBuilder()
                .setJoinToken(joinToken)
                .setNodeId(id)
                .putAllLabels(labels)
                .build())
        .getNodeCredential();
  }

  /** Opens the stream without saying anything. */
  void connect(String credential) {
    Metadata headers = new Metadata();
    headers.put(AUTHORIZATION, "Bearer " + credential);
    sent =
        NodeSyncGrpc.newStub(channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
            .connect(new Receiver());
  }

  void hello(String id, Map<String, String> labels, long revision, String digest) {
    sent.onNext(
        NodeMessage.newBuilder()
            .setHello(
                Hello.newBuilder()
                    .setNodeId(id)
                    .putAllLabels(labels)
                    .setAgentVersion("0.1.0")
                    .setKernelRelease("6.18.0")
                    .setAppliedVersion(revision)
                    .setAppliedDigest(digest))
            .build());
  }

  /** The next update; heartbeats in between are skipped. */
  Update update() {
    return next(ServerMessage::hasUpdate).getUpdate();
  }

  /** The revision of the next heartbeat. */
  long heartbeat() {
    return next(ServerMessage::hasHeartbeat).getHeartbeat().getVersion();
  }

  private ServerMessage next(Predicate<ServerMessage> wanted) {
    try {
      while (true) {
        ServerMessage message = received.poll(SECONDS, TimeUnit.SECONDS);
        if (message == null) {
          throw new AssertionError("expected a message within " + SECONDS + " s, found none");
        }
        if (wanted.test(message)) {
          return message;
        }
      }
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted while waiting for a message", e);
    }
  }

  void ack(Update update) {
    ack(update, update.getDigest());
  }

  void ack(Update update, String digest) {
    sent.onNext(
        NodeMessage.newBuilder()
            .setAck(
                Ack.newBuilder()
                    .setNonce(update.getNonce())
                    .setVersion(update.getVersion())
                    .setDigest(digest))
            .build());
  }

  void nack(Update update, PolicyError error) {
    sent.onNext(
        NodeMessage.newBuilder()
            .setNack(
                Nack.newBuilder().setNonce(update.getNonce()).setActiveVersion(0).addErrors(error))
            .build());
  }

  void report(Status status) {
    sent.onNext(NodeMessage.newBuilder().setStatus(status).build());
  }

  /** How the stream ended. */
  io.grpc.Status ended() {
    return ended.orTimeout(SECONDS, TimeUnit.SECONDS).join();
  }

  /** Breaks the connection. */
  void vanish() {
    channel.shutdownNow();
  }

  @Override
  public void close() {
    vanish();
  }

  private static final class Discard implements StreamObserver<NodeMessage> {
    @Override
    public void onNext(NodeMessage message) {
      throw new IllegalStateException("expected an open stream; call connect first");
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }

  private final class Receiver implements StreamObserver<ServerMessage> {
    @Override
    public void onNext(ServerMessage message) {
      received.add(message);
    }

    @Override
    public void onError(Throwable failure) {
      ended.complete(io.grpc.Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
      ended.complete(io.grpc.Status.OK);
    }
  }
}
