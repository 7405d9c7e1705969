package dev.shunt.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.protocol.node.v1.Update;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.client.EntityExchangeResult;
import tools.jackson.databind.JsonNode;

/** The path of a policy from a signed-in browser to a node and back. */
class FirstLightTest extends ServerTest {

  @Test
  void aPolicySavedInABrowserReachesTheNodeAndComesBackAsApplied() {
    String pool = fresh("pool");
    String policy = fresh("first");
    String nodeId = fresh("node");
    try (FakeNode node = node()) {
      node.connect(node.join(joinToken(), nodeId, Map.of("pool", pool)));
      node.hello(nodeId, Map.of("pool", pool), 0, "");

      EntityExchangeResult<byte[]> login =
          anybody()
              .post()
              .uri("/api/v1/session")
              .contentType(MediaType.APPLICATION_JSON)
              .body("{\"username\":\"admin\",\"password\":\"" + PASSWORD + "\"}")
              .exchange()
              .expectStatus()
              .isOk()
              .expectBody()
              .returnResult();
      JsonNode session = tree(login.getResponseBodyContent());
      String cookie = sessionCookie(login);
      String csrf = session.path("csrfToken").asString();
      anybody()
          .post()
          .uri("/api/v1/policies?message=first+light")
          .cookie("SHUNT_SESSION", cookie)
          .cookie("XSRF-TOKEN", csrf)
          .header(session.path("csrfHeader").asString(), csrf)
          .contentType(YAML)
          .body(policy(policy, pool, 100))
          .exchange()
          .expectStatus()
          .isCreated()
          .expectHeader()
          .valueEquals(HttpHeaders.LOCATION, "/api/v1/policies/" + policy)
          .expectHeader()
          .exists(HttpHeaders.ETAG);

      Update update = node.update();
      while (update.getUpsertsCount() == 0) {
        node.ack(update);
        update = node.update();
      }
      assertThat(update.getFull()).isTrue();
      assertThat(update.getUpserts(0).getName()).isEqualTo(policy);
      eventually(
          "/api/v1/nodes/" + nodeId,
          shown -> assertThat(shown.path("state").asString()).isEqualTo("Pending"));
      node.ack(update);

      eventually(
          "/api/v1/nodes/" + nodeId,
          shown -> assertThat(shown.path("state").asString()).isEqualTo("InSync"));
      JsonNode status = get("/api/v1/policies/" + policy).path("status");
      assertThat(status.path("nodes").path("applied").asInt()).isEqualTo(1);
      assertThat(status.path("nodes").path("desired").asInt()).isEqualTo(1);
      assertThat(status.path("conditions").path(0).path("status").asString()).isEqualTo("True");
      assertThat(get("/api/v1/nodes/" + nodeId).path("appliedRevision").asLong())
          .isGreaterThanOrEqualTo(status.path("revision").asLong());
    }
  }
}
