package dev.shunt.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.protocol.node.v1.Update;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Server-sent events on a real connection. */
@Timeout(60)
class EventApiTest extends ServerTest {

  /** One event: its fields by name. */
  private static final class Events implements AutoCloseable {

    private final Stream<String> lines;
    private final Iterator<String> next;

    Events(HttpResponse<Stream<String>> response) {
      assertThat(response.statusCode()).isEqualTo(200);
      lines = response.body();
      next = lines.iterator();
    }

    /** The lines of the next event; comments are skipped. */
    List<String> next() {
      List<String> event = new ArrayList<>();
      while (true) {
        String line = next.next();
        if (!line.isEmpty() && !line.startsWith(":")) {
          event.add(line);
        } else if (line.isEmpty() && !event.isEmpty()) {
          return event;
        }
      }
    }

    /** The next event with a line that has all of this; others may be about other tests' nodes. */
    List<String> about(String... what) {
      while (true) {
        List<String> event = next();
        if (event.stream().anyMatch(line -> Stream.of(what).allMatch(line::contains))) {
          return event;
        }
      }
    }

    @Override
    public void close() {
      lines.close();
    }
  }

  private Events listen(String... headers) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port() + "/api/v1/events"))
            .header("Authorization", "Bearer " + apiToken())
            .header("Accept", "text/event-stream");
    if (headers.length > 0) {
      request.headers(headers);
    }
    return new Events(
        HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofLines()));
  }

  private void create(String name) {
    admin()
        .post()
        .uri("/api/v1/policies")
        .contentType(YAML)
        .body(policy(name, "nowhere", 1))
        .exchange()
        .expectStatus()
        .isCreated();
  }

  @Test
  void aChangeOfAPolicyIsToldToWhoeverListens() throws Exception {
    String name = fresh("e");
    try (Events events = listen()) {
      create(name);

      List<String> event = events.about("\"name\":\"" + name + "\"");

      assertThat(event).contains("event:policy");
      assertThat(event).anyMatch(line -> line.contains("\"change\":\"Added\""));
    }
  }

  @Test
  void aNodeThatConnectsAndGoesIsToldAsItsStateChanges() throws Exception {
    String id = fresh("node");
    try (Events events = listen();
        FakeNode node = node()) {
      node.connect(node.join(joinToken(), id, Map.of()));
      node.hello(id, Map.of(), 0, "");
      node.ack(node.update());
      assertThat(events.about(id)).anyMatch(line -> line.contains("Unreachable"));
      assertThat(events.about(id)).anyMatch(line -> line.contains("Pending"));
      assertThat(events.about(id)).anyMatch(line -> line.contains("InSync"));
      node.vanish();

      assertThat(events.about(id)).anyMatch(line -> line.contains("Unreachable"));
    }
  }

  @Test
  void aNodeThatTakesANewRevisionIsToldAlsoWhenNobodySawItPending() throws Exception {
    String id = fresh("node");
    Map<String, String> labels = Map.of("pool", id);
    try (Events events = listen();
        FakeNode node = node()) {
      node.connect(node.join(joinToken(), id, labels));
      node.hello(id, labels, 0, "");
      node.ack(node.update());
      List<String> event = events.about(id);
      while (event.stream().noneMatch(line -> line.contains("InSync"))) {
        event = events.about(id);
      }
      admin()
          .post()
          .uri("/api/v1/policies")
          .contentType(YAML)
          .body(policy(fresh("e"), id, 1))
          .exchange()
          .expectStatus()
          .isCreated();
      Update update = node.update();
      node.ack(update);

      String carried = "\"appliedRevision\":" + update.getVersion() + ",";
      assertThat(events.about(id, carried)).contains("event:node");
    }
  }

  @Test
  void whoComesBackIsToldWhatItMissed() throws Exception {
    String seen = fresh("e");
    String missed = fresh("e");
    String lastId;
    try (Events events = listen()) {
      create(seen);
      lastId = id(events.about("\"name\":\"" + seen + "\""));
    }
    create(missed);

    try (Events events = listen("Last-Event-ID", lastId)) {
      assertThat(events.about("\"name\":\"" + missed + "\"")).contains("event:policy");
    }
  }

  @Test
  void whoComesBackFromAnotherLifeOfTheServerHasToReadEverythingAnew() throws Exception {
    try (Events events = listen("Last-Event-ID", "somewhere-7")) {
      assertThat(events.next()).contains("event:reset");
    }
  }

  private static String id(List<String> event) {
    return event.stream()
        .filter(line -> line.startsWith("id:"))
        .findFirst()
        .orElseThrow()
        .substring(3);
  }
}
