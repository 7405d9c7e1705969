package dev.shunt.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.json.Json;
import dev.shunt.node.json.JsonObject;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The agent as a process, on the running kernel, with a connection that lives through everything.
 */
@OnBpfKernel
@Timeout(120)
class NodeAgentKernelTest {

  private static final int PORT = 18_080;

  @TempDir Path folder;

  private final List<AutoCloseable> opened = new ArrayList<>();
  private OwnInstallation own;
  private String name;
  private Path cgroup;
  private Path pins;
  private CommandLineFixture shunt;

  @BeforeEach
  void makeCgroup() throws IOException {
    own = new OwnInstallation("agent", folder);
    name = own.name;
    cgroup = own.cgroup;
    pins = own.pins;
    shunt = own.shunt;
    Files.createDirectory(cgroup);
  }

  @AfterEach
  void leaveNothing() throws Exception {
    for (int i = opened.size() - 1; i >= 0; i--) {
      opened.get(i).close();
    }
    own.command("uninstall");
    Files.delete(cgroup);
  }

  @Test
  void survivesAKillWithAnOpenConnectionAndCountsOn() throws Exception {
    AgentProcess first = agent(policy("web", PORT));
    assertThat(first.line())
        .isEqualTo("shunt-node ready: generation 1, 1 policy, cgroup /" + name + ", standalone");
    EchoPair connection = connection();
    connection.exchange(100);
    JsonObject before = status();

    first.close();
    connection.exchange(100);
    JsonObject alone = status();
    AgentProcess second = agent(policy("web", PORT));
    String ready = second.line();
    connection.exchange(100);
    JsonObject after = status();

    assertThat(before.string("state")).isEqualTo("active");
    assertThat(before.object("connections").number("acceleratedLive")).isEqualTo(1);
    assertThat(alone.has("agent")).as("nobody runs").isFalse();
    assertThat(bytes(alone))
        .as("acceleration goes on without an agent")
        .isGreaterThan(bytes(before));
    assertThat(ready).startsWith("shunt-node ready: generation 1,");
    assertThat(second.log()).contains("adopted the running datapath");
    assertThat(after.object("agent").number("pid")).isEqualTo(second.pid());
    assertThat(after.object("connections").number("accelerated")).isEqualTo(1);
    assertThat(bytes(after)).isGreaterThan(bytes(alone));
  }

  @Test
  void stopsInOrderAndLeavesAccelerationUntilItIsUninstalled() throws Exception {
    AgentProcess agent = agent(policy("web", PORT));
    agent.line();
    EchoPair connection = connection();
    connection.exchange(10);

    agent.signal("TERM");
    assertThat(agent.exitCode()).isZero();
    assertThat(agent.rest()).hasSize(1).first().asString().contains("acceleration stays in place");
    long left = bytes(status());
    connection.exchange(100);
    assertThat(bytes(status())).isGreaterThan(left);

    assertThat(own.command("uninstall")).isZero();
    connection.exchange(100);

    assertThat(shunt.out()).contains("removed ").contains("live connections continue");
    assertThat(Files.exists(pins)).isFalse();
    assertThat(Files.exists(shunt.stateDir())).isFalse();
    assertThat(Files.exists(shunt.runDir())).isFalse();
    assertThat(status().string("state")).isEqualTo("inactive");
  }

  @Test
  void takesTheDatapathWithItWhenItStopsIfItWasToldTo() throws Exception {
    AgentProcess agent = agent(policy("web", PORT), "--uninstall-on-stop", "--metrics-port", "0");
    agent.line();
    EchoPair connection = connection();
    connection.exchange(10);

    agent.signal("TERM");

    assertThat(agent.exitCode()).isZero();
    assertThat(agent.rest())
        .anySatisfy(line -> assertThat(line).startsWith("removed ").contains(pins.toString()));
    assertThat(Files.exists(pins)).isFalse();
    assertThat(Files.exists(shunt.stateDir())).as("the next start needs its credential").isTrue();
    connection.exchange(100);
  }

  @Test
  void takesPoliciesOverItsSocketAndFromItsFilesOnAHangup() throws Exception {
    Path file = policy("web", PORT);
    AgentProcess agent = agent(file);
    agent.line();

    Path other = Files.writeString(folder.resolve("other.yaml"), document("api", PORT + 1));
    assertThat(own.command("apply", "-f", other.toString())).isZero();
    assertThat(shunt.out()).isEqualTo("applied by the running agent: generation 2, 1 policy\n");

    Path bad = Files.writeString(folder.resolve("bad.yaml"), document("api", 99_999));
    assertThat(own.command("apply", "-f", bad.toString())).isEqualTo(2);
    assertThat(shunt.err()).startsWith(bad + ":").contains("SH023");
    assertThat(status().number("generation")).isEqualTo(2);

    agent.signal("HUP");
    // The agent answers one after the other, but a signal is not a request: its effect is waited
    // for.
    while (status().number("generation") == 2) {
      Thread.onSpinWait();
    }
    assertThat(status().objects("policies").get(0).string("name")).isEqualTo("web");
  }

  @Test
  void refusesASecondAgentAndAnUninstallUnderTheFirst() throws Exception {
    AgentProcess first = agent(policy("web", PORT));
    first.line();

    AgentProcess second = agent(folder.resolve("policy.yaml"));
    assertThat(second.exitCode()).isEqualTo(1);
    assertThat(second.log())
        .contains(
            "another shunt-node (pid " + first.pid() + ", standalone) already runs on " + pins);
    assertThat(own.command("uninstall")).isEqualTo(1);
    assertThat(shunt.err()).contains("pid " + first.pid());

    assertThat(own.command("uninstall", "--stop")).isZero();
    assertThat(first.exitCode()).isZero();
    assertThat(Files.exists(pins)).isFalse();
  }

  @Test
  void installsNothingForAWrongPolicy() throws Exception {
    AgentProcess agent = agent(Files.writeString(folder.resolve("bad.yaml"), document("web", 0)));

    assertThat(agent.exitCode()).isEqualTo(2);
    assertThat(agent.log())
        .startsWith(folder.resolve("bad.yaml") + ":6:")
        .contains("SH023")
        .doesNotContain("\tat ");
    assertThat(Files.exists(pins)).isFalse();
  }

  @Test
  void refusesAKernelThatIsTooOldByNameAndReason() throws Exception {
    String old = "JAVA_TOOL_OPTIONS=-Dos.version=5.15.0-91-generic";
    AgentProcess agent = opened(own.agent(List.of("env", old), policy("web", PORT)));

    assertThat(agent.exitCode()).isEqualTo(1);
    assertThat(agent.log())
        .contains("kernel", "5.15.0-91-generic: BPF programs cannot look into sockets there")
        .contains("use Linux 6.6.69 of 6.6, 6.12.8 of 6.12, 6.13 and later")
        .contains("traffic flows by TCP as before");
    assertThat(Files.exists(pins)).isFalse();
  }

  @Test
  void refusesToRunWithoutItsRightsAndNamesThem() throws Exception {
    AgentProcess agent =
        opened(own.agent(List.of("setpriv", "--bounding-set=-all"), policy("web", PORT)));

    assertThat(agent.exitCode()).isEqualTo(1);
    assertThat(agent.log())
        .contains("capabilities", "missing CAP_BPF CAP_PERFMON CAP_NET_ADMIN", "run as root")
        .contains("traffic flows by TCP as before");
    assertThat(Files.exists(pins)).isFalse();
  }

  @Test
  void showsItsCountersToPrometheus() throws Exception {
    int port = freePort();
    AgentProcess agent = agent(policy("web", PORT), "--metrics-port", Integer.toString(port));
    agent.line();
    EchoPair connection = connection();
    connection.exchange(100);

    HttpResponse<String> metrics =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/metrics")).build(),
                HttpResponse.BodyHandlers.ofString());

    assertThat(metrics.body())
        .contains("shunt_connections_total{policy=\"web\",result=\"accelerated\",reason=\"\"} 1\n")
        .containsPattern("shunt_redirected_bytes_total\\{policy=\"web\"} [1-9]");
  }

  @Test
  void recommendsAndExplainsWhatItObserves() throws Exception {
    Path observing =
        Files.writeString(
            folder.resolve("observe.yaml"),
            document("web", PORT).replace("enrolment: Handshake", "mode: Observe"));
    agent(observing).line();
    EchoPair connection = connection();
    connection.exchange(10);

    assertThat(own.command("recommend")).as(shunt.err()).isZero();
    assertThat(shunt.out())
        .startsWith("web\n  accelerate: ")
        .contains("2 sockets with blocking calls in /" + name + ".");
    // Younger than a Settled policy enrols, nothing is known; older, the blocking calls speak
    // against it.
    JsonObject advice = recommendation();
    while (!advice.string("accelerate").equals("no")) {
      advice = recommendation();
    }
    assertThat(advice.string("because")).contains("an end uses blocking calls");
    assertThat(advice.object("outcomes").number("blocking_socket")).isEqualTo(1);
    assertThat(advice.has("expectedGain")).isFalse();

    int clientPort = connection.clientPort();
    assertThat(own.command("explain", "--live", ":" + clientPort)).as(shunt.err()).isZero();
    assertThat(shunt.out())
        .contains("127.0.0.1:%d → 127.0.0.1:%d, open".formatted(clientPort, PORT))
        .contains("now         plain TCP: observed_only")
        .contains("if enforced it would stay plain TCP: blocking_socket")
        .contains("web: wins with priority 100 by spec.match.ports[0] '" + PORT + "'");
    assertThat(own.command("explain", "--live", ":1")).isEqualTo(1);
    assertThat(
            own.command(
                "explain",
                "--client=127.0.0.1",
                "--server=127.0.0.1",
                "--port=81",
                "--client-cgroup=/" + name))
        .isZero();
    assertThat(shunt.out()).contains("web: spec.match.ports does not contain 81");
    assertThat(own.command("explain")).isEqualTo(2);
  }

  /** As in a container without {@code pid: host}. */
  @Test
  void saysWhySettledEnrolsNobodyWhereItCannotLookAtPrograms() throws Exception {
    Path settled =
        Files.writeString(
            folder.resolve("settled.yaml"),
            document("web", PORT)
                .replace("enrolment: Handshake", "enrolment: Settled\n  blockingSockets: Accept"));
    EchoPair connection = connection();
    nameNamespaceOf(connection);
    AgentProcess agent =
        opened(
            own.agent(
                List.of("unshare", "--pid", "--fork", "--kill-child", "--mount-proc"), settled));
    agent.line();

    do {
      connection.exchange(1);
      assertThat(own.command("status")).as(shunt.err()).isZero();
    } while (!shunt.out().contains("enrolment Settled go by TCP"));
    assertThat(shunt.out()).contains("PID namespace", "pid: host", "SYS_PTRACE");
    assertThat(agent.log()).containsOnlyOnce("cannot look at the programs");
  }

  /** As Docker's namespaces are bound into the agent's container; until the end of the test. */
  private void nameNamespaceOf(EchoPair connection) throws Exception {
    Process attach =
        new ProcessBuilder("ip", "netns", "attach", name, Long.toString(connection.pid()))
            .inheritIO()
            .start();
    assertThat(attach.waitFor()).isZero();
    opened.add(() -> new ProcessBuilder("ip", "netns", "delete", name).start().waitFor());
  }

  private JsonObject recommendation() throws Exception {
    assertThat(own.command("recommend", "web", "--json")).as(shunt.err()).isZero();
    return Json.readObject(shunt.out().strip()).objects("policies").get(0);
  }

  private AgentProcess agent(Path file, String... more) throws IOException {
    return opened(own.agent(file, more));
  }

  private <T extends AutoCloseable> T opened(T resource) {
    opened.add(resource);
    return resource;
  }

  private EchoPair connection() throws IOException {
    return opened(EchoPair.connect(cgroup, PORT));
  }

  private JsonObject status() throws Exception {
    assertThat(own.command("status", "--json")).as(shunt.err()).isZero();
    return Json.readObject(shunt.out().strip());
  }

  private static long bytes(JsonObject status) throws Exception {
    return status.object("redirected").number("bytes");
  }

  private Path policy(String policy, int port) throws IOException {
    return Files.writeString(folder.resolve("policy.yaml"), document(policy, port));
  }

  private String document(String policy, int port) {
    return """
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata: {name: %s}
        spec:
          action: Accelerate
          match: {ports: ["%d"], cgroups: ["/%s/**"], servers: ["127.0.0.0/8"]}
          enrolment: Handshake
        """
        .formatted(policy, port, name);
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
