package dev.shunt.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.shunt.policy.observe.GainTable;
import dev.shunt.policy.observe.GainTable.Cell;
import dev.shunt.policy.observe.GainTable.Cpus;
import dev.shunt.policy.observe.GainTable.Kind;
import dev.shunt.policy.observe.SizeClass;
import dev.shunt.protocol.node.v1.Blocker;
import dev.shunt.protocol.node.v1.DatapathState;
import dev.shunt.protocol.node.v1.Flow;
import dev.shunt.protocol.node.v1.FlowEnd;
import dev.shunt.protocol.node.v1.Insight;
import dev.shunt.protocol.node.v1.PolicyObservation;
import dev.shunt.protocol.node.v1.Status;
import dev.shunt.protocol.node.v1.Traffic;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import tools.jackson.databind.JsonNode;

/**
 * What nodes saw of connections, from real gRPC to recommendation, impact, explanation, warnings.
 */
class InsightApiTest extends ServerTest {

  private final List<FakeNode> open = new ArrayList<>();
  private String id = "";
  private String pool = "";
  private String policy = "";

  @BeforeEach
  void freshNames() {
    id = fresh("node");
    pool = fresh("pool");
    policy = fresh("p");
  }

  @AfterEach
  void closeNodes() {
    open.forEach(FakeNode::close);
  }

  @Test
  void aNodeThatHasNotReportedIsKnownToHaveSaidNothing() {
    create("{mode: Observe}");
    connected();

    JsonNode flows = get("/api/v1/nodes/" + id + "/flows");
    assertThat(flows.path("since").isNull()).isTrue();
    assertThat(flows.path("items").isEmpty()).isTrue();
    JsonNode recommendation = get("/api/v1/policies/" + policy + "/recommendation");
    assertThat(recommendation.path("accelerate").asString()).isEqualTo("unknown");
    assertThat(recommendation.path("because").asString())
        .isEqualTo("no connection of this policy was seen yet");
    assertThat(recommendation.path("nodes").asInt()).isZero();
    assertThat(recommendation.path("expectedGain").isNull()).isTrue();
  }

  @Test
  void recommendsFromWhatNodesObserved() {
    create("{mode: Observe}");
    report(
        Insight.newBuilder()
            .addObservations(
                PolicyObservation.newBuilder()
                    .setPolicy(policy)
                    .putOutcomes("accelerated", 9)
                    .putOutcomes("blocking_socket", 1)
                    .setAccelerable(
                        Traffic.newBuilder().addReplies(1000).setReceives(1000).setSameCpu(0))
                    .addBlockers(
                        Blocker.newBuilder().setCgroup("/app").setSockets(2).setHalfCloses(1)))
            .build());

    eventually(
        "/api/v1/policies/" + policy + "/recommendation",
        seen -> assertThat(seen.path("accelerate").asString()).isEqualTo("yes"));
    JsonNode seen = get("/api/v1/policies/" + policy + "/recommendation");
    double gain =
        requireNonNull(GainTable.measured().ratio(new Cell(Kind.REPLY, SizeClass.TINY, Cpus.TWO)));
    assertThat(seen.path("expectedGain").asDouble()).isEqualTo(gain);
    assertThat(seen.path("because").asString())
        .contains("9 of the 10 connections", String.format(Locale.ROOT, "%.2f×", gain));
    assertThat(seen.path("notes").toString())
        .contains("2 sockets with blocking calls in /app, of which 1 half-closed.");
    assertThat(seen.path("seen").path("outcomes").path("accelerated").asLong()).isEqualTo(9);
    assertThat(seen.path("seen").path("messages").path(0).path("replies").asLong()).isEqualTo(1000);
  }

  @Test
  void impactTellsUnknownFromNewlyAccelerated() {
    report(
        Insight.newBuilder()
            .setSockets(20)
            .addFlows(flow("unmatched", "", 7).addClientPorts(41_000))
            .addFlows(flow("observed_only", "accelerated", 3))
            .build());
    eventually(
        "/api/v1/nodes/" + id + "/flows",
        flows -> assertThat(flows.path("items").size()).isEqualTo(2));

    JsonNode impact = impact(document("{}"));
    JsonNode mine = byNode(impact);
    assertThat(mine.path("newlyAccelerated").asLong()).isEqualTo(3);
    assertThat(mine.path("unknown").asLong()).isEqualTo(7);
    assertThat(mine.path("noLongerAccelerated").asLong()).isZero();
    assertThat(impact.path("since").isNull()).isFalse();
    assertThat(impact.path("changes").toString())
        .contains("whether its programs allow it was never tried")
        .contains("/app");
    assertThat(byNode(impact(document("{mode: Observe}"))).isMissingNode()).isTrue();
  }

  @Test
  void explainsAnOpenConnectionByItsClient() {
    create("{mode: Observe}");
    report(
        Insight.newBuilder()
            .addFlows(flow("observed_only", "accelerated", 3).addClientPorts(41_000))
            .build());
    eventually(
        "/api/v1/nodes/" + id + "/flows",
        flows -> assertThat(flows.path("items").size()).isEqualTo(1));

    JsonNode live = explain("{\"node\": \"%s\", \"live\": \"127.0.0.1:41000\"}".formatted(id));
    assertThat(live.path("verdict").asString()).isEqualTo("observed_only");
    assertThat(live.path("serverEnd").path("winner").asString()).isEqualTo(policy);
    assertThat(live.path("seen").path(0).path("would").asString()).isEqualTo("accelerated");
    assertThat(live.path("seen").path(0).path("open").asInt()).isEqualTo(3);

    JsonNode alike =
        explain(
            """
            {"node": "%s", "clientEnd":
              {"client": "127.0.0.1", "server": "127.0.0.1", "port": 8080, "cgroup": "/app"}}
            """
                .formatted(id));
    assertThat(alike.path("seen").path(0).path("verdict").asString()).isEqualTo("observed_only");

    admin()
        .post()
        .uri("/api/v1/policies:explain")
        .contentType(MediaType.APPLICATION_JSON)
        .body("{\"node\": \"%s\", \"live\": \"127.0.0.1:1\"}".formatted(id))
        .exchange()
        .expectStatus()
        .isNotFound();
  }

  @Test
  void warnsOfPoliciesThatMatchNothingSeenAndOfHandshakeOnBlockingSockets() {
    report(
        Insight.newBuilder()
            .addFlows(
                Flow.newBuilder()
                    .setClient(end())
                    .setServer(end().addObstacles("blocking_socket"))
                    .setVerdict("unmatched")
                    .setOpen(1))
            .build());
    eventually(
        "/api/v1/nodes/" + id + "/flows",
        flows -> assertThat(flows.path("items").size()).isEqualTo(1));

    assertThat(codes(document("{match: {ports: [81]}}"))).contains("SH056");
    assertThat(codes(document("{match: {ports: [8080]}, enrolment: Handshake}")))
        .contains("SH057")
        .doesNotContain("SH056");
    assertThat(codes(document("{match: {ports: [8080]}}"))).doesNotContain("SH056", "SH057");
  }

  @Test
  void aFailingTestOfAPolicyBlocksItsSave() {
    String failing =
        document(
            "{match: {ports: [8080]}, tests: [{client: 10.0.0.1, server: 127.0.0.1, port: 81,"
                + " cgroup: /app, expect: Accelerate}]}");
    for (String dryRun : List.of("true", "false")) {
      byte[] refused =
          admin()
              .post()
              .uri("/api/v1/policies?dryRun=" + dryRun)
              .contentType(YAML)
              .body(failing)
              .exchange()
              .expectStatus()
              .isEqualTo(422)
              .expectBody()
              .returnResult()
              .getResponseBodyContent();
      assertThat(tree(refused).path("problems").path(0).path("code").asString()).isEqualTo("SH044");
    }
    admin().get().uri("/api/v1/policies/" + policy).exchange().expectStatus().isNotFound();
  }

  private List<String> codes(String document) {
    JsonNode validated =
        tree(
            admin()
                .post()
                .uri("/api/v1/policies:validate")
                .contentType(YAML)
                .body(document)
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody()
                .returnResult()
                .getResponseBodyContent());
    return validated.path("problems").findValuesAsString("code");
  }

  private JsonNode byNode(JsonNode impact) {
    for (JsonNode node : impact.path("byNode")) {
      if (node.path("node").asString().equals(id)) {
        return node;
      }
    }
    return impact.path("nothing");
  }

  private JsonNode impact(String draft) {
    return posted("/api/v1/policies:impact", Map.of("draft", draft));
  }

  private JsonNode explain(String body) {
    return tree(
        admin()
            .post()
            .uri("/api/v1/policies:explain")
            .contentType(MediaType.APPLICATION_JSON)
            .body(body)
            .exchange()
            .expectStatus()
            .isOk()
            .expectBody()
            .returnResult()
            .getResponseBodyContent());
  }

  private JsonNode posted(String path, Object body) {
    return tree(
        admin()
            .post()
            .uri(path)
            .header(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_JSON_VALUE)
            .body(body)
            .exchange()
            .expectStatus()
            .isOk()
            .expectBody()
            .returnResult()
            .getResponseBodyContent());
  }

  private void create(String spec) {
    admin()
        .post()
        .uri("/api/v1/policies")
        .contentType(YAML)
        .body(document(spec))
        .exchange()
        .expectStatus()
        .isCreated();
  }

  /** Of the test's own nodes. */
  private String document(String spec) {
    String rest = spec.substring(1);
    return """
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata: {name: %s}
        spec: {nodes: {matchLabels: {pool: %s}}%s%s
        """
        .formatted(policy, pool, rest.equals("}") ? "" : ", ", rest);
  }

  private FakeNode connected() {
    FakeNode node = node();
    open.add(node);
    node.connect(node.join(joinToken(), id, Map.of("pool", pool)));
    node.hello(id, Map.of("pool", pool), 0, "");
    node.ack(node.update());
    return node;
  }

  private void report(Insight insight) {
    connected()
        .report(
            Status.newBuilder()
                .setState(DatapathState.DATAPATH_STATE_ACTIVE)
                .setInsight(insight)
                .build());
  }

  private static Flow.Builder flow(String verdict, String would, int connections) {
    return Flow.newBuilder()
        .setClient(end())
        .setServer(end())
        .setVerdict(verdict)
        .setWould(would)
        .setOpen(connections);
  }

  private static FlowEnd.Builder end() {
    ByteString loopback = ByteString.copyFrom(new byte[] {127, 0, 0, 1});
    return FlowEnd.newBuilder()
        .setClient(loopback)
        .setServer(loopback)
        .setPort(8080)
        .setCgroup("/app");
  }
}
