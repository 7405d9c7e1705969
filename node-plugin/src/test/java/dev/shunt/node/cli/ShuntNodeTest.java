package dev.shunt.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.agent.AgentLock;
import dev.shunt.node.agent.LocalServer;
import dev.shunt.node.agent.RunFolder;
import dev.shunt.node.datapath.DatapathOptions;
import dev.shunt.node.json.Json;
import dev.shunt.node.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShuntNodeTest {

  private static final String POLICY =
      """
      apiVersion: shunt.dev/v1alpha1
      kind: AccelerationPolicy
      metadata: {name: web}
      spec:
        action: Accelerate
        match: {ports: ["80"], servers: ["127.0.0.0/8"]}
      """;

  @TempDir Path folder;
  private final MemoryInstaller installer = new MemoryInstaller();
  private CommandLineFixture shunt;

  @BeforeEach
  void setUp() {
    shunt = new CommandLineFixture(folder, installer);
  }

  @Test
  void saysWhichCommandsThereAre() {
    assertThat(shunt.bare("--help")).isZero();
    assertThat(shunt.out())
        .contains("run", "apply", "status", "check", "uninstall", "version", "Exit codes:");
  }

  @Test
  void refusesAWrongCommandLineWithoutAStackTrace() {
    assertThat(shunt.bare()).isEqualTo(2);
    assertThat(shunt.err()).startsWith("expected a command, found none");
    assertThat(shunt.bare("status", "--jsno")).isEqualTo(2);
    assertThat(shunt.err()).contains("--jsno").doesNotContain("\tat ");
  }

  @Test
  void wantsToKnowWhereItsPoliciesComeFrom() {
    assertThat(shunt.run("run")).isEqualTo(2);
    assertThat(shunt.err())
        .isEqualTo(
            "expected --control-plane HOST:PORT, or --standalone with -f FILE, found neither\n");
    assertThat(shunt.run("run", "--standalone")).isEqualTo(2);
    assertThat(shunt.err()).contains("expected -f FILE with --standalone");
    assertThat(shunt.run("run", "-f", "x.yaml", "--control-plane", "a:1")).isEqualTo(2);
    assertThat(shunt.err()).contains("-f needs --standalone");
  }

  @Test
  void appliesWithoutAnAgentAndRemembers() throws IOException {
    assertThat(shunt.run("apply", "-f", file(POLICY))).isZero();

    assertThat(shunt.out()).isEqualTo("applied without an agent: generation 1, 1 policy\n");
    assertThat(shunt.stateDir().resolve("last-good-policy.json")).exists();
  }

  @Test
  void readsPoliciesFromStandardInput() {
    shunt.input(POLICY + "---\n" + POLICY.replace("name: web", "name: api"));

    assertThat(shunt.run("apply", "-f", "-")).isZero();
    assertThat(shunt.out()).contains("2 policies");
  }

  @Test
  void listsEveryProblemOfEveryFileAndInstallsNothing() throws IOException {
    String bad = file(POLICY.replace("\"80\"", "\"0\", \"x\"") + "  nonsense: 1\n");

    assertThat(shunt.run("apply", "-f", bad)).isEqualTo(2);

    assertThat(shunt.err().lines().filter(line -> line.startsWith(bad + ":")).count()).isEqualTo(3);
    assertThat(shunt.err()).contains(bad + ":6:").contains(": SH023 web spec.match.ports[0]: ");
    assertThat(shunt.err()).endsWith("3 problems; nothing was applied\n");
    assertThat(installer.isInstalled()).isFalse();
  }

  @Test
  void namesAFileThatIsNotThere() {
    assertThat(shunt.run("apply", "-f", "/nowhere.yaml")).isEqualTo(2);
    assertThat(shunt.err())
        .isEqualTo("cannot read the policy file /nowhere.yaml: it does not exist\n");
  }

  @Test
  void showsNothingInstalled() throws Exception {
    assertThat(shunt.run("status")).isZero();
    assertThat(shunt.out()).contains("state        inactive");

    assertThat(shunt.run("status", "--json")).isZero();
    JsonObject json = Json.readObject(shunt.out().strip());
    assertThat(json.string("state")).isEqualTo("inactive");
    assertThat(json.number("generation")).isZero();
    assertThat(json.object("connections").number("live")).isZero();
    assertThat(json.object("reasons").number("remote_peer")).isZero();
  }

  @Test
  void showsWhatIsInstalledWithoutAnAgent() throws Exception {
    shunt.run("apply", "-f", file(POLICY));

    shunt.run("status", "--json");
    JsonObject json = Json.readObject(shunt.out().strip());
    shunt.run("status");

    assertThat(json.string("state")).isEqualTo("active");
    assertThat(json.number("generation")).isEqualTo(1);
    assertThat(json.string("digest")).hasSize(64);
    assertThat(json.object("connections").number("live")).isEqualTo(30);
    assertThat(json.object("connections").number("accelerated")).isEqualTo(50);
    assertThat(json.object("redirected").number("bytes")).isEqualTo(40_960);
    assertThat(json.object("reasons").number("remote_peer")).isEqualTo(20);
    assertThat(json.objects("policies").get(0).string("name")).isEqualTo("web");
    assertThat(json.has("agent")).isFalse();
    assertThat(shunt.out())
        .contains("state        active: generation 1, policy set ")
        .contains("agent        none; what is installed keeps running")
        .contains("connections  30 live, 20 of them accelerated; 50 accelerated since installed")
        .contains("redirected   40.0 KiB in 80 messages")
        .contains("remote_peer  20  the other end is not on this host");
  }

  @Test
  void findsWhatIsInstalledOnAnotherCgroupThanTheRoot() throws Exception {
    shunt.run("apply", "-f", file(POLICY));

    shunt.bare(
        "status", "--json", "--run-dir", shunt.runDir().toString(), "--state-dir", "/nowhere");

    assertThat(Json.readObject(shunt.out().strip()).string("state")).isEqualTo("active");
  }

  @Test
  void uninstallsOnceAndThenSaysThereIsNothing() throws IOException {
    shunt.run("apply", "-f", file(POLICY));

    assertThat(shunt.run("uninstall")).isZero();
    assertThat(shunt.out())
        .contains("removed 2 pins from /sys/fs/bpf/shunt: shunt_watch shunt_meta")
        .contains("live connections continue")
        .contains("removed " + shunt.stateDir().resolve("last-good-policy.json"));
    assertThat(shunt.stateDir()).doesNotExist();
    assertThat(shunt.runDir()).doesNotExist();

    assertThat(shunt.run("uninstall")).isZero();
    assertThat(shunt.out()).isEqualTo("nothing was installed at /sys/fs/bpf/shunt\n");
  }

  @Test
  void doesNotUninstallUnderARunningAgent() throws Exception {
    try (AgentLock lock = AgentLock.take(runFolder(), AgentLock.Mode.MANAGED)) {
      assertThat(shunt.run("uninstall")).isEqualTo(1);
      assertThat(shunt.err())
          .isEqualTo(
              "a shunt-node agent (pid %d, managed) runs on /sys/fs/bpf/shunt; stop it first, or uninstall with --stop\n"
                  .formatted(ProcessHandle.current().pid()));
      assertThat(lock).isNotNull();
    }
  }

  @Test
  void passesOnTheRefusalOfAManagedAgent() throws Exception {
    try (AgentLock lock = AgentLock.take(runFolder(), AgentLock.Mode.MANAGED);
        LocalServer server =
            LocalServer.start(
                runFolder(),
                (operation, request) -> {
                  throw new LocalServer.RequestRefusedException("change them there", Map.of());
                })) {
      assertThat(shunt.run("apply", "-f", file(POLICY))).isEqualTo(1);
      assertThat(shunt.err()).isEqualTo("change them there\n");
      assertThat(server).isNotEqualTo(lock);
    }
  }

  @Test
  void showsAnAgentThatDoesNotAnswer() throws Exception {
    try (AgentLock lock = AgentLock.take(runFolder(), AgentLock.Mode.STANDALONE)) {
      shunt.run("status");
      assertThat(shunt.out()).contains("does not answer");
      assertThat(lock).isNotNull();
    }
  }

  @Test
  void showsStackTracesOnlyWhenAskedTo() throws IOException {
    String unreadable = Files.createDirectory(folder.resolve("d")).toString();

    shunt.run("apply", "-f", unreadable);
    assertThat(shunt.err()).contains("cannot read the policy file").doesNotContain("\tat ");
    shunt.run("apply", "--verbose", "-f", unreadable);
    assertThat(shunt.err()).contains("\tat ");
  }

  private RunFolder runFolder() {
    return new RunFolder(shunt.runDir(), DatapathOptions.DEFAULT_PIN_FOLDER);
  }

  private String file(String text) throws IOException {
    Path file = folder.resolve("policy.yaml");
    Files.writeString(file, text);
    return file.toString();
  }
}
