package dev.shunt.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.shunt.policy.random.MutatedDocuments;
import dev.shunt.policy.random.Seed;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.test.web.servlet.client.EntityExchangeResult;
import tools.jackson.databind.JsonNode;

/** Streams of documents one of which is damaged, through the whole server and its database. */
class FuzzedManifestsTest extends ServerTest {

  private static final int STREAMS = 200;

  @Test
  void aStreamWithADamagedDocumentIsAppliedNotEvenInPart() {
    MutatedDocuments documents = new MutatedDocuments(Seed.OF_THIS_RUN);
    String name = fresh("fuzz");
    assertThat(put(policy(name, name, 1).getBytes(StandardCharsets.UTF_8), "").getStatus().value())
        .isEqualTo(200);
    JsonNode policies = get("/api/v1/policies?limit=500");
    JsonNode newest = get("/api/v1/revisions?limit=1");
    int refused = 0;
    for (int i = 0; i < STREAMS; i++) {
      byte[] stream = stream(policy(name, name, 2 + i), documents.next(), fresh("last"));
      int tried = answer(stream, "?dryRun=true");
      if (tried != 200) {
        // What the dry run lets pass would be a change; what it refuses must be none.
        refused++;
        assertThat(answer(stream, "")).as(Seed.hint()).isEqualTo(tried);
      }
      assertThat(get("/api/v1/revisions?limit=1")).as(Seed.hint()).isEqualTo(newest);
    }
    assertThat(get("/api/v1/policies?limit=500")).as(Seed.hint()).isEqualTo(policies);
    assertThat(refused).as(Seed.hint()).isGreaterThan(STREAMS / 10);
  }

  /** The status; never a hang, a failure of the server or a stack trace. */
  private int answer(byte[] stream, String query) {
    EntityExchangeResult<byte[]> answer =
        assertTimeout(Duration.ofSeconds(20), () -> put(stream, query));
    int status = answer.getStatus().value();
    if (status != 200) {
      assertThat(status).as(Seed.hint()).isBetween(400, 499);
      String body = new String(present(answer.getResponseBodyContent()), StandardCharsets.UTF_8);
      assertThat(body).as(Seed.hint()).doesNotContain("Exception", "\\tat ", "\tat ");
    }
    return status;
  }

  private EntityExchangeResult<byte[]> put(byte[] stream, String query) {
    return admin()
        .put()
        .uri("/api/v1/manifests" + query)
        .contentType(YAML)
        .body(stream)
        .exchange()
        .expectBody()
        .returnResult();
  }

  private static byte[] stream(String edit, byte[] damaged, String last) {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    stream.writeBytes((edit + "---\n").getBytes(StandardCharsets.UTF_8));
    stream.writeBytes(damaged);
    stream.writeBytes(("\n---\n" + policy(last, last, 1)).getBytes(StandardCharsets.UTF_8));
    return stream.toByteArray();
  }
}
