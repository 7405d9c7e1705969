package dev.shunt.control.stream;

import dev.shunt.control.push.DesiredState;
import dev.shunt.control.push.Outbound;
import dev.shunt.protocol.node.v1.GoAway;
import dev.shunt.protocol.node.v1.Heartbeat;
import dev.shunt.protocol.node.v1.ServerMessage;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;

/** Sends on a gRPC stream. */
final class StreamOutbound implements Outbound {

  private final ServerCallStreamObserver<Object> stream;

  StreamOutbound(ServerCallStreamObserver<Object> stream) {
    this.stream = stream;
  }

  @Override
  public boolean isReady() {
    return stream.isReady() && !stream.isCancelled();
  }

  @Override
  public void sendUpdate(long nonce, DesiredState desired) {
    stream.onNext(new WireUpdate(nonce, desired.update()));
  }

  @Override
  public void sendHeartbeat(DesiredState desired) {
    stream.onNext(
        ServerMessage.newBuilder()
            .setHeartbeat(
                Heartbeat.newBuilder().setVersion(desired.version()).setDigest(desired.digest()))
            .build());
  }

  @Override
  public void close(String reason) {
    if (stream.isCancelled()) {
      return;
    }
    stream.onNext(
        ServerMessage.newBuilder().setGoAway(GoAway.newBuilder().setReason(reason)).build());
    stream.onError(Status.UNAVAILABLE.withDescription(reason).asRuntimeException());
  }
}
