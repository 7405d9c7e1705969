package dev.shunt.node.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.datapath.DatapathException;
import dev.shunt.node.store.PolicySnapshot;
import dev.shunt.node.store.PolicyStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnforcerTest {

  @TempDir Path state;

  private final MemoryDatapath datapath = new MemoryDatapath();
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  @Test
  void enforcesAndKeepsAValidSet() {
    ApplyOutcome outcome = enforcer(Map.of()).apply(List.of(text("a.yaml", policy("web", "80"))));

    assertThat(outcome).isInstanceOf(ApplyOutcome.Applied.class);
    assertThat(datapath.status().generation()).isEqualTo(1);
    assertThat(store().load())
        .isEqualTo(new PolicyStore.Loaded.LastGood(((ApplyOutcome.Applied) outcome).snapshot()));
  }

  @Test
  void changesNothingWhenOnePolicyOfSeveralIsWrong() {
    Enforcer enforcer = enforcer(Map.of());
    enforcer.apply(List.of(text("a.yaml", policy("web", "80"))));

    ApplyOutcome outcome =
        enforcer.apply(
            List.of(
                text("a.yaml", policy("api", "81")),
                text("b.yaml", policy("db", "99999") + "  nonsense: 1\n")));

    assertThat(datapath.status().generation()).isEqualTo(1);
    assertThat(enforcer.enforced().documents()).containsOnlyKeys("web");
    List<PolicyProblem> problems = ((ApplyOutcome.Refused) outcome).problems();
    assertThat(problems).hasSize(2);
    assertThat(problems.get(0).display()).startsWith("b.yaml:");
    assertThat(problems).extracting(PolicyProblem::code).contains("SH010", "SH023");
  }

  @Test
  void refusesANameThatTwoFilesUse() {
    ApplyOutcome outcome =
        enforcer(Map.of())
            .apply(
                List.of(text("a.yaml", policy("web", "80")), text("b.yaml", policy("web", "81"))));

    PolicyProblem problem = ((ApplyOutcome.Refused) outcome).problems().get(0);
    assertThat(problem.display())
        .startsWith("b.yaml:3:")
        .contains("SH040")
        .contains("a policy of that name in a.yaml too");
  }

  @Test
  void runsTheTestsThatPoliciesCarry() {
    String failing =
        policy("web", "80")
            + "  tests:\n  - {client: 127.0.0.1, server: 127.0.0.1, port: 81, cgroup: /a, expect: Accelerate}\n";

    ApplyOutcome outcome = enforcer(Map.of()).apply(List.of(text("a.yaml", failing)));

    assertThat(((ApplyOutcome.Refused) outcome).problems().get(0).code()).isEqualTo("SH044");
    assertThat(datapath.status().generation()).isZero();
  }

  @Test
  void doesNotWriteASetThatIsLiveAlready() {
    Enforcer enforcer = enforcer(Map.of());
    enforcer.apply(List.of(text("a.yaml", policy("web", "80"))));

    ApplyOutcome outcome = enforcer.apply(List.of(text("a.yaml", policy("web", "80"))));

    assertThat(((ApplyOutcome.Applied) outcome).generation()).isEqualTo(1);
    assertThat(datapath.status().generation()).isEqualTo(1);
  }

  @Test
  void compilesOnlyWhatSelectsThisNode() {
    String edgeOnly = policy("edge", "80") + "  nodes: {matchLabels: {pool: edge}}\n";

    ApplyOutcome outcome =
        enforcer(Map.of("pool", "core"))
            .apply(List.of(text("a.yaml", edgeOnly + "---\n" + policy("all", "81"))));

    assertThat(((ApplyOutcome.Applied) outcome).policies()).isEqualTo(1);
    assertThat(((ApplyOutcome.Applied) outcome).snapshot().documents())
        .containsOnlyKeys("edge", "all");
  }

  @Test
  void refusesASetWhoseDigestIsNotTheAnnouncedOne() {
    PolicySnapshot good = snapshot(1, policy("web", "80"));
    var forged = new PolicySnapshot(1, "0".repeat(64), good.documents());

    ApplyOutcome outcome = enforcer(Map.of()).apply(forged);

    PolicyProblem problem = ((ApplyOutcome.Refused) outcome).problems().get(0);
    assertThat(problem.code()).isEqualTo("update.digest");
    assertThat(problem.message()).contains(good.digest());
    assertThat(datapath.status().generation()).isZero();
  }

  @Test
  void refusesADocumentUnderAnotherName() {
    PolicySnapshot good = snapshot(1, policy("web", "80"));
    String json = good.documents().get("web");

    ApplyOutcome outcome =
        enforcer(Map.of()).apply(PolicySnapshot.of(1, good.digest(), Map.of("other", json)));

    assertThat(((ApplyOutcome.Refused) outcome).problems())
        .extracting(PolicyProblem::code)
        .contains("update.name");
  }

  @Test
  void keepsWhatItHasWhenTheKernelRefuses() {
    Enforcer enforcer = enforcer(Map.of());
    enforcer.apply(List.of(text("a.yaml", policy("web", "80"))));
    datapath.failWith(new DatapathException("apply.fill", "the map is full"));

    ApplyOutcome outcome = enforcer.apply(List.of(text("a.yaml", policy("api", "81"))));

    assertThat(((ApplyOutcome.Refused) outcome).problems().get(0).code()).isEqualTo("apply.fill");
    assertThat(enforcer.enforced().documents()).containsOnlyKeys("web");
    assertThat(((PolicyStore.Loaded.LastGood) store().load()).snapshot().documents())
        .containsOnlyKeys("web");
  }

  @Test
  void enforcesTheLastGoodSetBeforeAnybodyWasTalkedTo() {
    enforcer(Map.of()).apply(snapshot(9, policy("web", "80")));
    var restarted = new MemoryDatapath();

    Enforcer enforcer = enforcer(Map.of(), restarted);
    enforcer.restore();

    assertThat(enforcer.enforced().revision()).isEqualTo(9);
    assertThat(restarted.status().generation()).isEqualTo(1);
  }

  @Test
  void startsWithoutADamagedLastGoodSetAndSaysSo() throws IOException {
    enforcer(Map.of()).apply(snapshot(9, policy("web", "80")));
    Files.writeString(store().path(), "{\"format\":1}");

    Enforcer enforcer = enforcer(Map.of());
    enforcer.restore();

    assertThat(enforcer.enforced()).isEqualTo(PolicySnapshot.NONE);
    assertThat(said()).contains("is damaged");
  }

  @Test
  void isStillAppliedWhenTheDiskRefusesAndSaysWhatThatMeans() throws IOException {
    Files.createDirectory(state.resolve("last-good-policy.json"));
    Enforcer enforcer = enforcer(Map.of());

    ApplyOutcome outcome = enforcer.apply(List.of(text("a.yaml", policy("web", "80"))));

    assertThat(outcome).isInstanceOf(ApplyOutcome.Applied.class);
    assertThat(enforcer.problem()).contains("after a restart the node falls back");
    assertThat(Health.of(enforcer).problems()).hasSize(1);
  }

  private Enforcer enforcer(Map<String, String> labels) {
    return enforcer(labels, datapath);
  }

  private Enforcer enforcer(Map<String, String> labels, MemoryDatapath onto) {
    var log = new SentenceLog(new PrintStream(said, true, StandardCharsets.UTF_8));
    return new Enforcer(onto, store(), labels, log, new ApplyStatistics(Clock.systemUTC()));
  }

  private PolicyStore store() {
    return new PolicyStore(state);
  }

  private String said() {
    return said.toString(StandardCharsets.UTF_8);
  }

  private static PolicySnapshot snapshot(long revision, String yaml) {
    PolicySnapshot read = PolicyReader.read(List.of(text("x", yaml))).snapshot();
    return new PolicySnapshot(revision, read.digest(), read.documents());
  }

  private static PolicyText text(String source, String yaml) {
    return new PolicyText(source, yaml.getBytes(StandardCharsets.UTF_8));
  }

  private static String policy(String name, String port) {
    return """
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata: {name: %s}
        spec:
          action: Accelerate
          match: {ports: ["%s"], servers: ["127.0.0.0/8"]}
        """
        .formatted(name, port);
  }
}
