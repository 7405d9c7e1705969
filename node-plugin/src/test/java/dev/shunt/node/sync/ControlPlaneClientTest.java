package dev.shunt.node.sync;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.shunt.node.agent.ApplyOutcome;
import dev.shunt.node.agent.PolicyProblem;
import dev.shunt.node.store.CredentialStore;
import dev.shunt.node.store.PolicySnapshot;
import dev.shunt.node.sync.ScriptedControlPlane.Session;
import dev.shunt.protocol.node.v1.DatapathState;
import dev.shunt.protocol.node.v1.GoAway;
import dev.shunt.protocol.node.v1.Heartbeat;
import dev.shunt.protocol.node.v1.Hello;
import dev.shunt.protocol.node.v1.JoinRequest;
import dev.shunt.protocol.node.v1.Nack;
import dev.shunt.protocol.node.v1.NodeMessage;
import dev.shunt.protocol.node.v1.PolicyResource;
import dev.shunt.protocol.node.v1.ServerMessage;
import dev.shunt.protocol.node.v1.Update;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The stream over a real gRPC connection. */
@Timeout(60)
class ControlPlaneClientTest {

  private static final Duration BEAT = Duration.ofMillis(100);

  @TempDir Path state;

  private final RecordingTarget target = new RecordingTarget();
  private final TestLog log = new TestLog();
  private ScriptedControlPlane controlPlane;
  private @Nullable ControlPlaneClient client;

  @BeforeEach
  void startServer() throws IOException {
    controlPlane = ScriptedControlPlane.start();
  }

  @AfterEach
  void stop() {
    if (client != null) {
      client.close();
    }
    controlPlane.close();
  }

  @Test
  void exchangesItsTokenForACredentialAndGreetsWithIt() throws Exception {
    connect(ScriptedControlPlane.TOKEN, PolicySnapshot.NONE);

    Session session = controlPlane.nextSession();
    Hello hello = session.next(NodeMessage::hasHello).getHello();

    JoinRequest join = controlPlane.joins.take();
    assertThat(join.getNodeId()).isEqualTo("node-1");
    assertThat(join.getLabelsMap()).isEqualTo(Map.of("pool", "edge"));
    assertThat(session.authorization).isEqualTo("Bearer " + ScriptedControlPlane.CREDENTIAL);
    assertThat(hello.getNodeId()).isEqualTo("node-1");
    assertThat(hello.getAppliedVersion()).isZero();
    assertThat(hello.getAppliedDigest()).isEmpty();
    assertThat(new CredentialStore(state).load()).isEqualTo(ScriptedControlPlane.CREDENTIAL);
  }

  @Test
  void usesTheStoredCredentialWithoutJoiningAgain() throws Exception {
    new CredentialStore(state).save("kept");

    connect(null, PolicyFixtures.snapshot(4, Map.of("a", "{}")));
    Session session = controlPlane.nextSession();
    Hello hello = session.next(NodeMessage::hasHello).getHello();

    assertThat(session.authorization).isEqualTo("Bearer kept");
    assertThat(hello.getAppliedVersion()).isEqualTo(4);
    assertThat(hello.getAppliedDigest()).isEqualTo(PolicyFixtures.digest(4));
    assertThat(controlPlane.joins).isEmpty();
  }

  @Test
  void acknowledgesWhenTheMapsHoldTheSetAndReportsSoonAfter() throws Exception {
    Session session = connected();

    session.send(update(7, 3, "web"));
    PolicySnapshot desired = target.desired.take();
    target.finish(PolicyFixtures.applied(desired));
    NodeMessage ack = session.next(NodeMessage::hasAck);
    NodeMessage status = session.next(NodeMessage::hasStatus);

    assertThat(desired.documents()).containsOnlyKeys("web");
    assertThat(ack.getAck().getNonce()).isEqualTo(7);
    assertThat(ack.getAck().getVersion()).isEqualTo(3);
    assertThat(ack.getAck().getDigest()).isEqualTo(PolicyFixtures.digest(3));
    assertThat(status.getStatus().getState()).isEqualTo(DatapathState.DATAPATH_STATE_REFUSED);
    assertThat(status.getStatus().getProblemsList()).containsExactly("made up");
  }

  @Test
  void sendsEveryErrorOfARefusal() throws Exception {
    Session session = connected();

    session.send(update(8, 3, "web"));
    target.desired.take();
    target.finish(
        new ApplyOutcome.Refused(
            List.of(
                new PolicyProblem("", "web", "spec.match.ports[0]", 1, 9, "SH023", "", "bad"),
                PolicyProblem.ofSet("apply.fill", "ENOMEM", "no memory"))));
    Nack nack = session.next(NodeMessage::hasNack).getNack();

    assertThat(nack.getNonce()).isEqualTo(8);
    assertThat(nack.getErrorsCount()).isEqualTo(2);
    assertThat(nack.getErrors(0).getResource()).isEqualTo("web");
    assertThat(nack.getErrors(0).getPath()).isEqualTo("spec.match.ports[0]");
    assertThat(nack.getErrors(1).getErrno()).isEqualTo("ENOMEM");
  }

  @Test
  void comesBackByItselfAndSaysWhatItAppliedMeanwhile() throws Exception {
    Session first = connected();
    first.send(update(1, 3, "web"));
    target.finish(PolicyFixtures.applied(target.desired.take()));
    first.next(NodeMessage::hasAck);

    first.end();
    Hello hello = controlPlane.nextSession().next(NodeMessage::hasHello).getHello();

    assertThat(hello.getAppliedVersion()).isEqualTo(3);
    assertThat(view().streams()).isEqualTo(2);
  }

  @Test
  void comesBackToAServerThatWasAwayLongerThanAFewAttempts() throws Exception {
    new CredentialStore(state).save("kept");
    int port = controlPlane.port();
    controlPlane.close();
    connect(null, PolicyFixtures.snapshot(1, Map.of("old", "{}")), port);
    while (view().streams() < 3) {
      Thread.onSpinWait();
    }

    controlPlane = ScriptedControlPlane.startAt(port);

    assertThat(controlPlane.nextSession().next(NodeMessage::hasHello).hasHello()).isTrue();
  }

  @Test
  void comesBackAfterItWasAskedToGoAway() throws Exception {
    Session first = connected();

    first.send(
        ServerMessage.newBuilder()
            .setGoAway(GoAway.newBuilder().setRetryAfterMillis(10).setReason("rebalance")));

    assertThat(controlPlane.nextSession().next(NodeMessage::hasHello).hasHello()).isTrue();
  }

  @Test
  void joinsAgainWhenTheServerHasForgottenIt() throws Exception {
    new CredentialStore(state).save("forgotten");
    connect(ScriptedControlPlane.TOKEN, PolicySnapshot.NONE);

    Session refused = controlPlane.nextSession();
    refused.fail(Status.UNAUTHENTICATED.withDescription("unknown node"));
    Session accepted = controlPlane.nextSession();

    assertThat(refused.authorization).isEqualTo("Bearer forgotten");
    assertThat(accepted.authorization).isEqualTo("Bearer " + ScriptedControlPlane.CREDENTIAL);
    assertThat(log.lines())
        .anyMatch(line -> line.contains("does not accept this node's credential: unknown node"));
  }

  @Test
  void saysWhyItCannotJoin() throws Exception {
    connect("wrong", PolicySnapshot.NONE);

    controlPlane.joins.take();
    controlPlane.joins.take();

    assertThat(log.lines())
        .anyMatch(line -> line.contains("cannot join: ") && line.contains("unknown join token"));
  }

  @Test
  void learnsTheDesiredRevisionFromHeartbeats() throws Exception {
    Session session = connected();
    session.send(
        ServerMessage.newBuilder()
            .setHeartbeat(
                Heartbeat.newBuilder().setVersion(5).setDigest(PolicyFixtures.digest(1))));

    PolicySnapshot remembered =
        Objects.requireNonNull(target.remembered.poll(20, TimeUnit.SECONDS));

    assertThat(remembered.revision()).isEqualTo(5);
    session.next(NodeMessage::hasStatus);
    assertThat(view().desiredRevision()).isEqualTo(5);
    assertThat(view().connected()).isTrue();
  }

  @Test
  void trustsOnlyTheGivenAuthority() throws Exception {
    TestCertificate certificate = TestCertificate.make(state);
    controlPlane.close();
    controlPlane = ScriptedControlPlane.start(certificate.serverCredentials());
    new CredentialStore(state).save("kept");

    start(
        new ControlPlaneEndpoint("localhost", controlPlane.port(), certificate.pem(), false),
        null,
        PolicySnapshot.NONE);

    assertThat(controlPlane.nextSession().next(NodeMessage::hasHello).hasHello()).isTrue();
  }

  private Session connected() throws Exception {
    new CredentialStore(state).save("kept");
    connect(null, PolicyFixtures.snapshot(1, Map.of("old", "{}")));
    Session session = controlPlane.nextSession();
    session.next(NodeMessage::hasHello);
    return session;
  }

  private void connect(@Nullable String token, PolicySnapshot held) throws IOException {
    connect(token, held, controlPlane.port());
  }

  private void connect(@Nullable String token, PolicySnapshot held, int port) throws IOException {
    start(new ControlPlaneEndpoint("localhost", port, null, true), token, held);
  }

  private void start(ControlPlaneEndpoint endpoint, @Nullable String token, PolicySnapshot held)
      throws IOException {
    var started =
        new ControlPlaneClient(
            new ControlPlaneChannels(endpoint, "test"),
            new NodeIdentity("node-1", Map.of("pool", "edge"), "test", List.of(), "6.18"),
            new Credentials(new CredentialStore(state), () -> token),
            target,
            held,
            log,
            Clock.systemUTC(),
            BEAT);
    client = started;
    started.start();
  }

  private ControlPlaneClient.View view() {
    return Objects.requireNonNull(client).view();
  }

  private static ServerMessage.Builder update(long nonce, long version, String policy) {
    return ServerMessage.newBuilder()
        .setUpdate(
            Update.newBuilder()
                .setNonce(nonce)
                .setVersion(version)
                .setDigest(PolicyFixtures.digest((int) version))
                .setFull(true)
                .addUpserts(
                    PolicyResource.newBuilder()
                        .setName(policy)
                        .setCanonicalJson(ByteString.copyFromUtf8("{}"))));
  }
}
