package dev.shunt.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shunt.protocol.node.v1.DatapathState;
import dev.shunt.protocol.node.v1.PolicyCounters;
import dev.shunt.protocol.node.v1.PolicyError;
import dev.shunt.protocol.node.v1.Status;
import dev.shunt.protocol.node.v1.Update;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import tools.jackson.databind.JsonNode;

/** Nodes over real gRPC, as REST shows them. */
class NodeApiTest extends ServerTest {

  private String id = "";
  private String pool = "";
  private String policy = "";
  private String path = "";
  private Map<String, String> labels = Map.of();

  @BeforeEach
  void freshNames() {
    id = fresh("node");
    pool = fresh("pool");
    policy = fresh("p");
    path = "/api/v1/nodes/" + id;
    labels = Map.of("pool", pool);
  }

  private void create(int priority) {
    admin()
        .post()
        .uri("/api/v1/policies")
        .contentType(YAML)
        .body(policy(policy, pool, priority))
        .exchange()
        .expectStatus()
        .isCreated();
  }

  private void replace(int priority) {
    admin()
        .put()
        .uri("/api/v1/policies/" + policy)
        .header(HttpHeaders.IF_MATCH, "*")
        .contentType(YAML)
        .body(policy(policy, pool, priority))
        .exchange()
        .expectStatus()
        .isOk();
  }

  private void stateIs(String state) {
    eventually(path, node -> assertThat(node.path("state").asString()).isEqualTo(state));
  }

  @Test
  void aNodeThatRefusesASetIsRejectedUntilSomebodyRetries() {
    create(1);
    try (FakeNode node = node()) {
      node.connect(node.join(joinToken(), id, labels));
      node.hello(id, labels, 0, "");
      node.nack(
          node.update(),
          PolicyError.newBuilder()
              .setResource(policy)
              .setPath("spec.match.ports[0]")
              .setCode("map_update")
              .setErrno("E2BIG")
              .setMessage("the map is full")
              .build());
      stateIs("Rejected");

      JsonNode shown = get(path);
      assertThat(shown.path("rejection").path("errors").path(0).path("errno").asString())
          .isEqualTo("E2BIG");
      assertThat(
              get("/api/v1/policies/" + policy)
                  .path("status")
                  .path("nodes")
                  .path("rejected")
                  .asInt())
          .isEqualTo(1);

      admin().post().uri(path + ":retry").exchange().expectStatus().isOk();
      node.ack(node.update());
      stateIs("InSync");
      assertThat(get(path).path("rejection").isNull()).isTrue();
    }
  }

  @Test
  void aRefusalOutlivesTheStreamAndANewSetEndsIt() {
    create(1);
    try (FakeNode first = node();
        FakeNode second = node()) {
      String credential = first.join(joinToken(), id, labels);
      first.connect(credential);
      first.hello(id, labels, 0, "");
      first.nack(first.update(), PolicyError.newBuilder().setMessage("no").build());
      stateIs("Rejected");
      first.vanish();
      stateIs("Unreachable");

      second.connect(credential);
      second.hello(id, labels, 0, "");
      stateIs("Rejected");
      replace(2);
      second.ack(second.update());

      stateIs("InSync");
    }
  }

  @Test
  void aNodeWhoseMapsHoldSomethingElseHasDrifted() {
    create(1);
    try (FakeNode node = node()) {
      node.connect(node.join(joinToken(), id, labels));
      node.hello(id, labels, 0, "");
      node.ack(node.update(), "0".repeat(64));

      stateIs("Drifted");
    }
  }

  @Test
  void aNodeThatComesBackWithTheDesiredSetIsInSyncWithoutAnUpdate() {
    create(1);
    try (FakeNode first = node();
        FakeNode second = node()) {
      String credential = first.join(joinToken(), id, labels);
      first.connect(credential);
      first.hello(id, labels, 0, "");
      Update update = first.update();
      first.ack(update);
      stateIs("InSync");
      first.vanish();
      stateIs("Unreachable");

      second.connect(credential);
      second.hello(id, labels, update.getVersion(), update.getDigest());

      assertThat(second.heartbeat()).isGreaterThanOrEqualTo(update.getVersion());
      stateIs("InSync");
    }
  }

  @Test
  void countersAndHealthAreWhatTheNodeReportedLast() {
    create(1);
    try (FakeNode node = node()) {
      node.connect(node.join(joinToken(), id, labels));
      node.hello(id, labels, 0, "");
      assertThat(get(path).path("health").path("state").asString()).isEqualTo("NotAccelerating");
      node.report(
          Status.newBuilder()
              .setState(DatapathState.DATAPATH_STATE_DEGRADED)
              .setLiveConnections(7)
              .setRedirectedBytes(1_000)
              .putReasons("no_policy", 3)
              .addProblems("The map of connections is 90 % full.")
              .addPolicies(
                  PolicyCounters.newBuilder().setPolicy(policy).setAcceleratedConnections(5))
              .build());

      eventually(
          path,
          shown -> {
            assertThat(shown.path("health").path("state").asString()).isEqualTo("Degraded");
            assertThat(shown.path("health").path("reasons").path(0).asString()).contains("90 %");
            assertThat(shown.path("counters").path("liveConnections").asLong()).isEqualTo(7);
            assertThat(shown.path("counters").path("reasons").path("no_policy").asLong())
                .isEqualTo(3);
            assertThat(shown.path("policies").path(0).path("acceleratedConnections").asLong())
                .isEqualTo(5);
          });
    }
  }

  @Test
  void aStreamNeedsTheCredentialOfTheNodeItSpeaksFor() {
    try (FakeNode node = node();
        FakeNode stranger = node();
        FakeNode impostor = node()) {
      String credential = node.join(joinToken(), id, labels);
      stranger.connect("shunt_node_made-up");
      assertThat(stranger.ended().getCode()).isEqualTo(Code.UNAUTHENTICATED);

      impostor.connect(credential);
      impostor.hello("another-node", labels, 0, "");

      assertThat(impostor.ended().getCode()).isEqualTo(Code.PERMISSION_DENIED);
    }
  }

  @Test
  void aConnectedNodeCannotBeTakenOverByAnotherJoin() {
    try (FakeNode node = node();
        FakeNode other = node()) {
      node.connect(node.join(joinToken(), id, labels));
      node.hello(id, labels, 0, "");
      stateIs("Pending");

      assertThatThrownBy(() -> other.join(joinToken(), id, labels))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              refusal -> assertThat(refusal.getStatus().getCode()).isEqualTo(Code.ALREADY_EXISTS));
    }
  }

  @Test
  void aDeletedNodeLosesItsStreamAndItsCredential() {
    try (FakeNode node = node();
        FakeNode again = node()) {
      String credential = node.join(joinToken(), id, labels);
      node.connect(credential);
      node.hello(id, labels, 0, "");
      stateIs("Pending");
      admin().delete().uri(path).exchange().expectStatus().isNoContent();

      assertThat(node.ended().getCode()).isEqualTo(Code.UNAVAILABLE);
      again.connect(credential);
      assertThat(again.ended().getCode()).isEqualTo(Code.UNAUTHENTICATED);
      admin().get().uri(path).exchange().expectStatus().isNotFound();
    }
  }

  @Test
  void aJoinTokenWorksAsOftenAsItWasMadeFor() {
    JsonNode created =
        tree(
            admin()
                .post()
                .uri("/api/v1/join-tokens")
                .contentType(MediaType.APPLICATION_JSON)
                .body("{\"name\":\"two nodes\",\"expiresInSeconds\":3600,\"maxUses\":2}")
                .exchange()
                .expectStatus()
                .isCreated()
                .expectBody()
                .returnResult()
                .getResponseBodyContent());
    String secret = created.path("secret").asString();
    try (FakeNode node = node()) {
      node.join(secret, id + "-1", labels);
      node.join(secret, id + "-2", labels);

      assertThatThrownBy(() -> node.join(secret, id + "-3", labels))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              refusal -> assertThat(refusal.getStatus().getCode()).isEqualTo(Code.UNAUTHENTICATED));
      admin()
          .delete()
          .uri("/api/v1/join-tokens/" + created.path("token").path("id").asString())
          .exchange()
          .expectStatus()
          .isNoContent();
    }
  }

  @Test
  void theFirstMessageOfAStreamIsHello() {
    try (FakeNode node = node()) {
      node.connect(node.join(joinToken(), id, labels));
      node.report(Status.getDefaultInstance());

      assertThat(node.ended().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
    }
  }
}
