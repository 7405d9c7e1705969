package dev.shunt.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.client.EntityExchangeResult;
import org.springframework.test.web.servlet.client.RestTestClient;
import tools.jackson.databind.JsonNode;

/** Policies over REST. */
class PolicyApiTest extends ServerTest {

  private static final MediaType MERGE_PATCH =
      MediaType.parseMediaType("application/merge-patch+json");

  private RestTestClient.ResponseSpec create(String text, String query) {
    return admin().post().uri("/api/v1/policies" + query).contentType(YAML).body(text).exchange();
  }

  private String created(String name, String pool) {
    return etag(create(policy(name, pool, 100), "").expectStatus().isCreated());
  }

  private static String etag(RestTestClient.ResponseSpec response) {
    String etag =
        response.expectBody().returnResult().getResponseHeaders().getFirst(HttpHeaders.ETAG);
    return etag == null ? "" : etag;
  }

  private RestTestClient.ResponseSpec replace(String name, String text, String ifMatch) {
    return admin()
        .put()
        .uri("/api/v1/policies/" + name)
        .header(HttpHeaders.IF_MATCH, ifMatch)
        .contentType(YAML)
        .body(text)
        .exchange();
  }

  private JsonNode body(RestTestClient.ResponseSpec response) {
    return tree(response.expectBody().returnResult().getResponseBodyContent());
  }

  @Test
  void aPolicyReadsBackWithEveryDefaultAndItsStatus() {
    String name = fresh("p");
    created(name, fresh("pool"));

    JsonNode shown = get("/api/v1/policies/" + name);

    assertThat(shown.path("spec").path("enrolment").asString()).isEqualTo("Settled");
    assertThat(shown.path("spec").path("match").has("clients")).isFalse();
    assertThat(shown.path("metadata").path("labels").path("team").asString()).isEqualTo("payments");
    assertThat(shown.path("status").path("nodes").path("desired").asInt()).isZero();
    assertThat(shown.path("status").path("conditions").path(0).path("reason").asString())
        .isEqualTo("NoNodes");
  }

  @Test
  void whatWasReadCanBeSentBackUnchanged() {
    String name = fresh("p");
    created(name, fresh("pool"));
    EntityExchangeResult<byte[]> read =
        admin().get().uri("/api/v1/policies/" + name).exchange().expectBody().returnResult();
    String etag = present(read.getResponseHeaders().getFirst(HttpHeaders.ETAG));

    admin()
        .put()
        .uri("/api/v1/policies/" + name)
        .header(HttpHeaders.IF_MATCH, etag)
        .contentType(MediaType.APPLICATION_JSON)
        .body(present(read.getResponseBodyContent()))
        .exchange()
        .expectStatus()
        .isOk()
        .expectHeader()
        .valueEquals(HttpHeaders.ETAG, etag);
  }

  @Test
  void aPolicyReadAsYamlIsADocumentThatCanBeSentBack() {
    String name = fresh("p");
    String etag = created(name, fresh("pool"));
    String yaml =
        admin()
            .get()
            .uri("/api/v1/policies/" + name)
            .accept(YAML)
            .exchange()
            .expectHeader()
            .contentTypeCompatibleWith(YAML)
            .expectBody(String.class)
            .returnResult()
            .getResponseBody();

    replace(name, present(yaml), etag).expectStatus().isOk();
  }

  @Test
  void everyErrorOfADocumentIsReportedAtOnceWithItsPlace() {
    JsonNode problem =
        body(
            create(
                    """
                    apiVersion: shunt.dev/v1alpha1
                    kind: AccelerationPolicy
                    metadata: {name: wrong}
                    spec:
                      priority: 70000
                      match:
                        ports: ["0"]
                        clients: ["10.1.2.3/8"]
                    """,
                    "")
                .expectStatus()
                .isEqualTo(422)
                .expectHeader()
                .contentType(MediaType.APPLICATION_PROBLEM_JSON));

    assertThat(problem.path("problems").findValuesAsString("path"))
        .contains("spec.priority", "spec.match.ports[0]", "spec.match.clients[0]");
    assertThat(problem.path("problems").findValuesAsString("line")).contains("5", "7", "8");
    assertThat(problem.path("problems").findValuesAsString("code"))
        .allMatch(c -> c.matches("SH\\d{3}"));
    admin().get().uri("/api/v1/policies/wrong").exchange().expectStatus().isNotFound();
  }

  @Test
  void aFailingTestOfThePolicyBlocksTheSave() {
    String name = fresh("p");
    JsonNode problem =
        body(
            create(
                    policy(name, fresh("pool"), 100)
                        + """
                          tests:
                            - {client: "10.1.2.3", server: "127.0.0.1", port: 9999, cgroup: "/kubepods.slice/pod1", expect: Accelerate}
                        """,
                    "")
                .expectStatus()
                .isEqualTo(422));

    assertThat(problem.path("problems").path(0).path("code").asString()).isEqualTo("SH044");
    assertThat(problem.path("problems").path(0).path("line").asInt()).isGreaterThan(1);
  }

  @Test
  void aNameIsTakenOnce() {
    String name = fresh("p");
    created(name, fresh("pool"));

    create(policy(name, "other", 1), "").expectStatus().isEqualTo(409);
  }

  @Test
  void aChangeNeedsTheVersionItIsBasedOn() {
    String name = fresh("p");
    String pool = fresh("pool");
    String first = created(name, pool);
    admin()
        .put()
        .uri("/api/v1/policies/" + name)
        .contentType(YAML)
        .body(policy(name, pool, 200))
        .exchange()
        .expectStatus()
        .isEqualTo(428);

    String second = etag(replace(name, policy(name, pool, 200), first).expectStatus().isOk());

    assertThat(second).isNotEqualTo(first);
    replace(name, policy(name, pool, 300), first).expectStatus().isEqualTo(412);
    replace(name, policy(name, pool, 300), "*").expectStatus().isOk();
  }

  @Test
  void aPatchChangesOnlyWhatItNames() {
    String name = fresh("p");
    String etag = created(name, fresh("pool"));
    JsonNode patched =
        body(
            admin()
                .patch()
                .uri("/api/v1/policies/" + name)
                .header(HttpHeaders.IF_MATCH, etag)
                .contentType(MERGE_PATCH)
                .body("{\"spec\":{\"mode\":\"Observe\",\"match\":{\"cgroups\":null}}}")
                .exchange()
                .expectStatus()
                .isOk());

    assertThat(patched.path("spec").path("mode").asString()).isEqualTo("Observe");
    assertThat(patched.path("spec").path("match").has("cgroups")).isFalse();
    assertThat(patched.path("spec").path("match").path("ports").path(0).asString())
        .isEqualTo("8080");
    assertThat(patched.path("metadata").path("generation").asInt()).isEqualTo(2);
  }

  @Test
  void aWrongPatchIsRefusedWithoutPlacesOfATextNobodySaw() {
    String name = fresh("p");
    String etag = created(name, fresh("pool"));
    JsonNode problem =
        body(
            admin()
                .patch()
                .uri("/api/v1/policies/" + name)
                .header(HttpHeaders.IF_MATCH, etag)
                .contentType(MERGE_PATCH)
                .body("{\"spec\":{\"priority\":-1}}")
                .exchange()
                .expectStatus()
                .isEqualTo(422));

    assertThat(problem.path("problems").path(0).path("path").asString()).isEqualTo("spec.priority");
    assertThat(problem.path("problems").path(0).path("line").isNull()).isTrue();
  }

  @Test
  void changingOnlyLabelsIsNoNewGenerationOfTheSpec() {
    String name = fresh("p");
    String etag = created(name, fresh("pool"));
    JsonNode patched =
        body(
            admin()
                .patch()
                .uri("/api/v1/policies/" + name)
                .header(HttpHeaders.IF_MATCH, etag)
                .contentType(MERGE_PATCH)
                .body("{\"metadata\":{\"labels\":{\"team\":\"search\"}}}")
                .exchange()
                .expectStatus()
                .isOk());

    assertThat(patched.path("metadata").path("generation").asInt()).isEqualTo(1);
  }

  @Test
  void aDeletedPolicyIsGone() {
    String name = fresh("p");
    String etag = created(name, fresh("pool"));
    admin()
        .delete()
        .uri("/api/v1/policies/" + name)
        .header(HttpHeaders.IF_MATCH, etag)
        .exchange()
        .expectStatus()
        .isNoContent();

    admin().get().uri("/api/v1/policies/" + name).exchange().expectStatus().isNotFound();
  }

  @Test
  void aDryRunTellsTheDifferenceAndTheNodesAndChangesNothing() {
    String name = fresh("p");
    String pool = fresh("pool");
    String nodeId = fresh("node");
    String etag = created(name, pool);
    try (FakeNode node = node()) {
      node.join(joinToken(), nodeId, Map.of("pool", pool));

      JsonNode dry =
          body(
              admin()
                  .put()
                  .uri("/api/v1/policies/" + name + "?dryRun=true")
                  .header(HttpHeaders.IF_MATCH, etag)
                  .contentType(YAML)
                  .body(policy(name, pool, 777))
                  .exchange()
                  .expectStatus()
                  .isOk());

      assertThat(dry.path("affectedNodes").path(0).asString()).isEqualTo(nodeId);
      assertThat(dry.path("diff").path(0).path("path").asString()).isEqualTo("spec.priority");
      assertThat(dry.path("diff").path(0).path("old").asInt()).isEqualTo(100);
      assertThat(dry.path("diff").path(0).path("new").asInt()).isEqualTo(777);
      assertThat(get("/api/v1/policies/" + name).path("spec").path("priority").asInt())
          .isEqualTo(100);
    }
  }

  @Test
  void aDryRunOfANewPolicyCreatesNothing() {
    String name = fresh("p");
    JsonNode dry =
        body(create(policy(name, fresh("pool"), 1), "?dryRun=true").expectStatus().isOk());

    assertThat(dry.path("changes").path(0).path("change").asString()).isEqualTo("Added");
    admin().get().uri("/api/v1/policies/" + name).exchange().expectStatus().isNotFound();
  }

  @Test
  void manifestsAreAppliedAllOrNone() {
    String one = fresh("m");
    String two = fresh("m");
    String pool = fresh("pool");
    String stream = policy(one, pool, 1) + "---\n" + policy(two, pool, 2);
    RestTestClient.ResponseSpec refused =
        admin()
            .put()
            .uri("/api/v1/manifests")
            .contentType(YAML)
            .body(stream.replace("priority: 2", "priority: minus"))
            .exchange();
    refused.expectStatus().isEqualTo(422);
    admin().get().uri("/api/v1/policies/" + one).exchange().expectStatus().isNotFound();

    JsonNode applied =
        body(
            admin()
                .put()
                .uri("/api/v1/manifests")
                .contentType(YAML)
                .body(stream)
                .exchange()
                .expectStatus()
                .isOk());
    JsonNode again =
        body(admin().put().uri("/api/v1/manifests").contentType(YAML).body(stream).exchange());

    assertThat(applied.path("policies").findValuesAsString("effect")).containsOnly("Created");
    assertThat(again.path("policies").findValuesAsString("effect")).containsOnly("Unchanged");
    assertThat(again.path("revision")).isEqualTo(applied.path("revision"));
  }

  @Test
  void listsComePageByPageAndByText() {
    String prefix = fresh("page");
    for (String letter : new String[] {"a", "b", "c"}) {
      created(prefix + letter, fresh("pool"));
    }
    JsonNode first = get("/api/v1/policies?limit=2&filter=" + prefix);
    JsonNode rest =
        get(
            "/api/v1/policies?limit=2&filter="
                + prefix
                + "&continue="
                + first.path("continue").asString());

    assertThat(first.path("items").findValuesAsString("name"))
        .containsExactly(prefix + "a", prefix + "b");
    assertThat(rest.path("items").findValuesAsString("name")).containsExactly(prefix + "c");
    assertThat(rest.path("continue").isNull()).isTrue();
  }

  @Test
  void validatingAnswersWithEveryProblemAndNoRefusal() {
    JsonNode wrong = validation("kind: AccelerationPolicy\n");
    JsonNode right = validation(policy(fresh("p"), fresh("pool"), 100));

    assertThat(wrong.path("valid").asBoolean()).isFalse();
    assertThat(wrong.path("problems").size()).isGreaterThanOrEqualTo(3);
    assertThat(right.path("valid").asBoolean()).isTrue();
  }

  private JsonNode validation(String text) {
    return body(
        admin()
            .post()
            .uri("/api/v1/policies:validate")
            .contentType(YAML)
            .body(text)
            .exchange()
            .expectStatus()
            .isOk());
  }

  @Test
  void explainingNamesTheLineThatDecided() {
    String name = fresh("p");
    String pool = fresh("pool");
    created(name, pool);
    JsonNode explained =
        body(
            admin()
                .post()
                .uri("/api/v1/policies:explain")
                .contentType(MediaType.APPLICATION_JSON)
                .body(
                    """
                    {"nodeLabels": {"pool": "%s"},
                     "clientEnd": {"client": "10.0.0.1", "server": "127.0.0.1", "port": 8080,
                                   "cgroup": "/kubepods.slice/pod1"}}
                    """
                        .formatted(pool))
                .exchange()
                .expectStatus()
                .isOk());

    assertThat(explained.path("verdict").asString()).isEqualTo("eligible");
    assertThat(explained.path("clientEnd").path("winner").asString()).isEqualTo(name);
    assertThat(explained.path("clientEnd").path("policies").findValuesAsString("path"))
        .contains("spec.match.ports[0]");
  }

  @Test
  void aBodyThatIsNoPolicyIsAProblemAndNotAnError() {
    create("\u0000\u0001", "").expectStatus().isEqualTo(422);
    admin()
        .post()
        .uri("/api/v1/policies")
        .contentType(MediaType.TEXT_PLAIN)
        .body("x")
        .exchange()
        .expectStatus()
        .isEqualTo(415);
    admin().get().uri("/api/v1/policies?limit=0").exchange().expectStatus().isBadRequest();
    admin().get().uri("/api/v1/policies?limit=x").exchange().expectStatus().isBadRequest();
    admin().get().uri("/api/v1/nothing").exchange().expectStatus().isNotFound();
  }
}
