package dev.shunt.control;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.http.HttpHeaders;
import tools.jackson.databind.JsonNode;

/** The history of the policy set over REST. */
class RevisionApiTest extends ServerTest {

  private long create(String name, int priority) {
    return tree(admin()
            .post()
            .uri("/api/v1/policies?message=because")
            .contentType(YAML)
            .body(policy(name, "nowhere", priority))
            .exchange()
            .expectStatus()
            .isCreated()
            .expectBody()
            .returnResult()
            .getResponseBodyContent())
        .path("status")
        .path("revision")
        .asLong();
  }

  private void delete(String name) {
    admin()
        .delete()
        .uri("/api/v1/policies/" + name)
        .header(HttpHeaders.IF_MATCH, "*")
        .exchange()
        .expectStatus()
        .isNoContent();
  }

  @Test
  void everyChangeIsARevisionWithAuthorMessageAndDigest() {
    String name = fresh("r");
    long number = create(name, 1);

    JsonNode revision = get("/api/v1/revisions/" + number);

    assertThat(revision.path("author").asString()).isEqualTo("token:bootstrap");
    assertThat(revision.path("message").asString()).isEqualTo("because");
    assertThat(revision.path("digest").asString()).matches("[0-9a-f]{64}");
    assertThat(revision.path("changes").path(0).path("policy").asString()).isEqualTo(name);
    assertThat(revision.path("changes").path(0).path("change").asString()).isEqualTo("Added");
    assertThat(revision.path("yaml").asString()).contains("name: " + name);
    assertThat(get("/api/v1/revisions?limit=1").path("items").path(0).path("number").asLong())
        .isGreaterThanOrEqualTo(number);
  }

  @Test
  void twoRevisionsCanBeCompared() {
    String name = fresh("r");
    long number = create(name, 1);
    delete(name);
    long after = get("/api/v1/revisions?limit=1").path("items").path(0).path("number").asLong();

    JsonNode added = get("/api/v1/revisions/" + number + "/diff");
    JsonNode none = get("/api/v1/revisions/" + after + "/diff?against=" + (number - 1));

    assertThat(added.path("changes").path(0).path("change").asString()).isEqualTo("Added");
    assertThat(none.path("changes").findValuesAsString("policy")).doesNotContain(name);
  }

  @Test
  void restoringARevisionBringsItsSetBackAsANewRevision() {
    String name = fresh("r");
    long number = create(name, 42);
    delete(name);

    JsonNode restored =
        tree(
            admin()
                .post()
                .uri("/api/v1/revisions/" + number + ":restore")
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody()
                .returnResult()
                .getResponseBodyContent());

    assertThat(restored.path("number").asLong()).isGreaterThan(number);
    assertThat(restored.path("digest"))
        .isEqualTo(get("/api/v1/revisions/" + number).path("digest"));
    assertThat(get("/api/v1/policies/" + name).path("spec").path("priority").asInt()).isEqualTo(42);
  }

  @Test
  void aRevisionThatDoesNotExistIsNotFound() {
    admin().get().uri("/api/v1/revisions/999999").exchange().expectStatus().isNotFound();
    admin().get().uri("/api/v1/revisions/0").exchange().expectStatus().isOk();
    admin().post().uri("/api/v1/revisions/999999:restore").exchange().expectStatus().isNotFound();
  }
}
