package dev.shunt.control.stream;

import dev.shunt.protocol.node.v1.NodeSyncGrpc;
import dev.shunt.protocol.node.v1.ServerMessage;
import io.grpc.MethodDescriptor;
import java.io.InputStream;

/**
 * Marshals what the server sends: a {@link ServerMessage} as gRPC would, a {@link WireUpdate} from
 * its shared bytes.
 */
final class OutgoingMarshaller implements MethodDescriptor.Marshaller<Object> {

  private final MethodDescriptor.Marshaller<ServerMessage> messages =
      NodeSyncGrpc.getConnectMethod().getResponseMarshaller();

  @Override
  public InputStream stream(Object message) {
    return message instanceof WireUpdate update
        ? update.open()
        : messages.stream((ServerMessage) message);
  }

  @Override
  public Object parse(InputStream stream) {
    return messages.parse(stream);
  }
}
