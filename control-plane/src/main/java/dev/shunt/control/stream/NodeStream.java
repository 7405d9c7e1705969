package dev.shunt.control.stream;

import dev.shunt.control.insight.Insights;
import dev.shunt.control.nodes.NodeConnection;
import dev.shunt.control.nodes.Nodes;
import dev.shunt.protocol.node.v1.Ack;
import dev.shunt.protocol.node.v1.Hello;
import dev.shunt.protocol.node.v1.Nack;
import dev.shunt.protocol.node.v1.NodeMessage;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import org.jspecify.annotations.Nullable;

/** One node's stream, from its Hello to its end. gRPC calls it from one thread at a time. */
final class NodeStream implements StreamObserver<NodeMessage> {

  private final Nodes nodes;
  private final Insights insights;
  private final String nodeId;
  private final ServerCallStreamObserver<Object> responses;
  private @Nullable NodeConnection connection;
  private boolean over;

  NodeStream(
      Nodes nodes, Insights insights, String nodeId, ServerCallStreamObserver<Object> responses) {
    this.nodes = nodes;
    this.insights = insights;
    this.nodeId = nodeId;
    this.responses = responses;
    responses.setOnReadyHandler(this::ready);
    responses.setOnCancelHandler(() -> end("the connection broke"));
    responses.setOnCloseHandler(() -> end("the server ended the stream"));
  }

  private void ready() {
    if (connection != null) {
      connection.ready();
    }
  }

  @Override
  public void onNext(NodeMessage message) {
    if (over) {
      return;
    }
    NodeConnection open = connection;
    if (message.getMessageCase() == NodeMessage.MessageCase.HELLO) {
      hello(message.getHello(), open);
    } else if (open == null) {
      refuse(
          Status.INVALID_ARGUMENT,
          "expected Hello as the first message, found " + message.getMessageCase());
    } else {
      answer(message, open);
    }
  }

  private void hello(Hello hello, @Nullable NodeConnection open) {
    if (open != null) {
      refuse(Status.INVALID_ARGUMENT, "expected one Hello, found another");
    } else if (!hello.getNodeId().equals(nodeId)) {
      refuse(
          Status.PERMISSION_DENIED,
          "expected the Hello of node "
              + nodeId
              + ", which this credential belongs to, found "
              + hello.getNodeId());
    } else {
      connection = nodes.connect(nodeId, Messages.greeting(hello), new StreamOutbound(responses));
      if (connection == null) {
        refuse(Status.UNAUTHENTICATED, "expected a known node, found a deleted one; join again");
      }
    }
  }

  private void answer(NodeMessage message, NodeConnection open) {
    switch (message.getMessageCase()) {
      case ACK -> {
        Ack ack = message.getAck();
        open.ack(ack.getNonce(), ack.getDigest());
      }
      case NACK -> {
        Nack nack = message.getNack();
        open.nack(nack.getNonce(), Messages.reasons(nack));
      }
      case STATUS -> {
        open.report(Messages.report(message.getStatus()));
        if (message.getStatus().hasInsight()) {
          insights.report(nodeId, InsightMessages.read(message.getStatus().getInsight()));
        }
      }
      case HELLO, MESSAGE_NOT_SET ->
          refuse(
              Status.INVALID_ARGUMENT,
              "expected Ack, Nack or Status, found a message this version does not know");
    }
  }

  private void refuse(Status status, String reason) {
    over = true;
    if (connection == null) {
      responses.onError(status.withDescription(reason).asRuntimeException());
    } else {
      connection.close(reason);
    }
  }

  @Override
  public void onError(Throwable failure) {
    end("the connection broke: " + Status.fromThrowable(failure).getCode());
  }

  @Override
  public void onCompleted() {
    end("the node ended the stream");
    responses.onCompleted();
  }

  private void end(String why) {
    over = true;
    NodeConnection open = connection;
    if (open != null) {
      connection = null;
      nodes.disconnected(open, why);
    }
  }
}
