package dev.shunt.control.stream;

import dev.shunt.control.audit.Actor;
import dev.shunt.control.audit.AuditEntry;
import dev.shunt.control.audit.AuditLog;
import dev.shunt.control.nodes.Nodes;
import dev.shunt.control.security.Secrets;
import dev.shunt.protocol.node.v1.NodeSyncGrpc;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Clock;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Lets only nodes with a credential open a stream, and tells the service which node it is. */
@Component
class NodeCredentials implements ServerInterceptor {

  static final Context.Key<String> NODE_ID = Context.key("shunt-node-id");
  static final Context.Key<String> REMOTE = Context.key("shunt-remote");

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final String BEARER = "Bearer ";

  private final Nodes nodes;
  private final AuditLog audit;
  private final Clock clock;

  NodeCredentials(Nodes nodes, AuditLog audit, Clock clock) {
    this.nodes = nodes;
    this.audit = audit;
    this.clock = clock;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String remote = remote(call);
    Context context = Context.current().withValue(REMOTE, remote);
    if (isConnect(call)) {
      String nodeId = authenticate(headers.get(AUTHORIZATION));
      if (nodeId == null) {
        audit.record(
            AuditEntry.refused(
                clock.instant(),
                new Actor("anonymous", remote),
                "nodes.connect",
                "",
                "no valid credential"));
        call.close(
            Status.UNAUTHENTICATED.withDescription(
                "expected the credential of a node that joined (authorization: Bearer …), found"
                    + " none or an unknown one; join again"),
            new Metadata());
        return new ServerCall.Listener<>() {};
      }
      context = context.withValue(NODE_ID, nodeId);
    }
    return Contexts.interceptCall(context, call, headers, next);
  }

  private static boolean isConnect(ServerCall<?, ?> call) {
    return call.getMethodDescriptor()
        .getFullMethodName()
        .equals(NodeSyncGrpc.getConnectMethod().getFullMethodName());
  }

  private @Nullable String authenticate(@Nullable String authorization) {
    return authorization == null || !authorization.startsWith(BEARER)
        ? null
        : nodes.authenticate(Secrets.hash(authorization.substring(BEARER.length()).strip()));
  }

  private static String remote(ServerCall<?, ?> call) {
    SocketAddress address = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    return address instanceof InetSocketAddress inet ? inet.getAddress().getHostAddress() : "";
  }
}
