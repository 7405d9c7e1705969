package dev.shunt.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.json.Json;
import dev.shunt.node.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The list of live connections, of real ones: beside an agent, and after it was killed. */
@OnBpfKernel
@Timeout(120)
class ConnectionsCommandTest {
  private static final int ACCELERATED = 18_180;
  private static final int BYPASSED = 18_181;
  private static final int BLOCKING = 18_182;
  private static final int HALF = 18_190;

  @TempDir Path folder;

  private final Map<Integer, EchoPair> pairs = new HashMap<>();
  private OwnInstallation own;
  private String name;
  private Path cgroup;
  private Path clients;
  private CommandLineFixture shunt;
  private AgentProcess agent;

  @BeforeEach
  void openConnections() throws Exception {
    own = new OwnInstallation("list", folder);
    name = own.name;
    cgroup = own.cgroup;
    clients = cgroup.resolve("clients");
    shunt = own.shunt;
    Files.createDirectories(clients);
    Path policies =
        Files.writeString(
            folder.resolve("policies.yaml"),
            String.join(
                "---\n",
                policy("fast", ACCELERATED, "/**", "enrolment: Handshake"),
                policy("held", BYPASSED, "/**", "action: Bypass"),
                policy("calm", BLOCKING, "/**", "enrolment: Settled"),
                policy("half", HALF, "", "enrolment: Handshake")));
    agent = own.agent(policies);
    assertThat(agent.line()).startsWith("shunt-node ready: generation 1, 4 policies");
    for (int port : List.of(ACCELERATED, BYPASSED, BLOCKING, HALF)) {
      EchoPair pair = EchoPair.connect(clients, cgroup, port);
      pairs.put(port, pair);
      pair.exchange(10 * (port - ACCELERATED + 1));
    }
  }

  @AfterEach
  void leaveNothing() throws Exception {
    pairs.values().forEach(EchoPair::close);
    if (agent != null) {
      agent.close();
    }
    own.command("uninstall");
    Files.delete(clients);
    Files.delete(cgroup);
  }

  @Test
  void showsEachConnectionOnceWithWhatBecameOfItAndTheRowsAddUpToTheStatus() throws Exception {
    awaitEveryByteAndVerdict();
    checkRows();
    agent.close();
    checkRows();
  }

  @Test
  void isATableForPeopleWithASentenceForEachReason() throws Exception {
    awaitEveryByteAndVerdict();

    assertThat(own.command("connections")).as(shunt.err()).isZero();

    List<String> lines = shunt.out().lines().toList();
    // Those with most bytes come first.
    assertThat(lines.get(0)).startsWith("VERDICT      REASON").endsWith("CGROUP");
    assertThat(lines.get(1))
        .startsWith("plain tcp    peer_not_consenting  half")
        .containsPattern(" unknown +107\\.4 KiB by TCP +unmatched → " + namespace(HALF))
        .endsWith("  unmatched → /" + name);
    assertThat(lines.get(2)).startsWith("plain tcp    blocking_socket      calm");
    assertThat(lines.get(3)).startsWith("plain tcp    bypassed_by_policy   held");
    assertThat(lines.get(4))
        .startsWith("accelerated  -                    fast")
        .contains("127.0.0.1:%d  ".formatted(pair(ACCELERATED).clientPort()))
        .contains("127.0.0.1:%d  ".formatted(ACCELERATED))
        .contains("  9.77 KiB ")
        .contains("  " + namespace(ACCELERATED) + "  ")
        .endsWith("  /%s/clients → /%s".formatted(name, name));
    assertThat(shunt.out())
        .contains("\nbypassed_by_policy   the winning policy says Bypass\n")
        .contains("\npeer_not_consenting  no policy accelerates the other end's socket\n");
  }

  @Test
  void isNarrowedByPolicyReasonAndNumber() throws Exception {
    awaitEveryByteAndVerdict();

    assertThat(policiesOf("--policy", "held")).containsExactly("held");
    assertThat(policiesOf("--reason", "peer_not_consenting")).containsExactly("half");
    assertThat(policiesOf("--policy", "fast", "--reason", "ulp")).isEmpty();
    assertThat(policiesOf("--limit", "2")).containsExactly("half", "calm");

    assertThat(own.command("connections", "--limit", "1")).isZero();
    assertThat(shunt.out()).contains("\nthe 1 with most bytes of 4 connections\n");
    assertThat(own.command("connections", "--policy", "nobody")).isZero();
    assertThat(shunt.out()).isEqualTo("none of the 4 live connections fits\n");
    assertThat(own.command("connections", "--reason", "fate")).isEqualTo(2);
    assertThat(shunt.err()).contains("remote_peer, no_policy,").contains("found \"fate\"");
    assertThat(own.command("connections", "--limit", "0")).isEqualTo(2);
  }

  private void checkRows() throws Exception {
    Map<Long, JsonObject> rows = new HashMap<>();
    for (JsonObject row : rows()) {
      assertThat(rows.put(row.object("server").number("port"), row)).isNull();
    }
    assertThat(rows).hasSize(4);
    check(rows, ACCELERATED, "accelerated", null, "fast");
    check(rows, BYPASSED, "plain_tcp", "bypassed_by_policy", "held");
    check(rows, BLOCKING, "plain_tcp", "blocking_socket", "calm");
    check(rows, HALF, "plain_tcp", "peer_not_consenting", "half");
    for (int port : List.of(ACCELERATED, BYPASSED, BLOCKING)) {
      JsonObject row = row(rows, port);
      assertThat(row.string("peer")).isEqualTo("local");
      checkEnd(row.object("client"), port, "/" + name + "/clients");
      checkEnd(row.object("server"), port, "/" + name);
    }
    JsonObject half = row(rows, HALF);
    assertThat(half.string("peer")).isEqualTo("unmatched");
    assertThat(half.object("client").has("tcpBytes")).as("nothing is known of it").isFalse();
    checkEnd(half.object("server"), HALF, "/" + name);

    JsonObject status = status();
    JsonObject connections = status.object("connections");
    assertThat(connections.number("live")).isEqualTo(4);
    assertThat(connections.number("acceleratedLive")).isEqualTo(1);
    for (String reason : status.object("reasons").members().keySet()) {
      assertThat(rows.values().stream().filter(row -> reason.equals(row.members().get("reason"))))
          .as(reason)
          .hasSize(Math.toIntExact(status.object("reasons").number(reason)));
    }
  }

  private void check(
      Map<Long, JsonObject> rows, int port, String verdict, @Nullable String reason, String policy)
      throws Exception {
    JsonObject row = row(rows, port);
    assertThat(row.string("verdict")).isEqualTo(verdict);
    assertThat(row.members().get("reason")).isEqualTo(reason);
    assertThat(row.has("sentence")).isEqualTo(reason != null);
    assertThat(row.string("policy")).isEqualTo(policy);
    assertThat(row.number("ageMillis")).isBetween(0L, 120_000L);
    assertThat(row.object("client").string("address")).isEqualTo("127.0.0.1");
    assertThat(row.object("client").number("port")).isEqualTo(pair(port).clientPort());
    assertThat(row.object("server").string("address")).isEqualTo("127.0.0.1");
  }

  private void checkEnd(JsonObject end, int port, String path) throws Exception {
    assertThat(end.string("cgroup")).isEqualTo(path);
    assertThat(end.number("networkNamespace")).isEqualTo(namespace(port));
    boolean accelerated = port == ACCELERATED;
    assertThat(end.number("redirectedBytes")).isEqualTo(accelerated ? sent(port) : 0);
    assertThat(end.number("redirectedMessages") > 0).isEqualTo(accelerated);
    assertThat(end.number("tcpBytes")).isEqualTo(accelerated ? 0 : sent(port));
    assertThat(end.has("sendsByTcpFor")).isFalse();
  }

  /** Acknowledgements may be late, and the conductor judges when it comes by. */
  private void awaitEveryByteAndVerdict() throws Exception {
    boolean complete;
    do {
      List<JsonObject> rows = rows();
      complete = rows.size() == 4;
      for (JsonObject row : rows) {
        long port = row.object("server").number("port");
        JsonObject server = row.object("server");
        complete &=
            !row.string("verdict").equals("undecided")
                && server.number("redirectedBytes") + server.number("tcpBytes") >= sent((int) port);
      }
    } while (!complete);
  }

  /** By each end. */
  private static long sent(int port) {
    return 10_000L * (port - ACCELERATED + 1);
  }

  private static JsonObject row(Map<Long, JsonObject> rows, int port) {
    return Objects.requireNonNull(rows.get((long) port));
  }

  private EchoPair pair(int port) {
    return Objects.requireNonNull(pairs.get(port));
  }

  private long namespace(int port) throws IOException {
    return pair(port).networkNamespace();
  }

  private List<String> policiesOf(String... options) throws Exception {
    var policies = new ArrayList<String>();
    for (JsonObject row : rows(options)) {
      policies.add(row.string("policy"));
    }
    return policies;
  }

  private List<JsonObject> rows(String... options) throws Exception {
    var arguments = new ArrayList<>(List.of(options));
    arguments.add("--json");
    assertThat(own.command("connections", arguments.toArray(String[]::new)))
        .as(shunt.err())
        .isZero();
    var rows = new ArrayList<JsonObject>();
    for (String line : shunt.out().lines().toList()) {
      rows.add(Json.readObject(line));
    }
    return rows;
  }

  private JsonObject status() throws Exception {
    assertThat(own.command("status", "--json")).as(shunt.err()).isZero();
    return Json.readObject(shunt.out().strip());
  }

  private String policy(String policy, int port, String below, String how) {
    return """
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata: {name: %s}
        spec:
          match: {ports: ["%d"], cgroups: ["/%s%s"]}
          %s
        """
        .formatted(policy, port, name, below, how);
  }
}
