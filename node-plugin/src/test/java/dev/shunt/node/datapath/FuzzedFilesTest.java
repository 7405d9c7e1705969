package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.shunt.node.agent.ApplyOutcome;
import dev.shunt.node.agent.ApplyStatistics;
import dev.shunt.node.agent.Enforcer;
import dev.shunt.node.agent.PolicyText;
import dev.shunt.node.agent.SentenceLog;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.store.PolicyStore;
import dev.shunt.policy.random.MutatedDocuments;
import dev.shunt.policy.random.Seed;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of which one is damaged, on the maps of the kernel: all of them or nothing. */
@OnBpfKernel
class FuzzedFilesTest {
  private static final int DOCUMENTS = 300;
  private static final byte[] WHOLE =
      """
      apiVersion: shunt.dev/v1alpha1
      kind: AccelerationPolicy
      metadata: {name: whole-%d}
      spec: {match: {ports: ["8080"]}}
      """
          .getBytes(StandardCharsets.UTF_8);

  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  @Test
  void aRefusedFileChangesNeitherTheLiveMapsNorWhatTheDiskKeeps(@TempDir Path state)
      throws Exception {
    MutatedDocuments documents = new MutatedDocuments(Seed.OF_THIS_RUN);
    PolicyStore store = new PolicyStore(state);
    PinFolder folder;
    int refused = 0;
    try (TestHost host = new TestHost();
        Datapath datapath = new KernelInstaller().installOrAdopt(host.options())) {
      folder = new PinFolder(host.pinFolder());
      KernelBpf bpf = new KernelBpf();
      Enforcer enforcer =
          new Enforcer(
              datapath,
              store,
              Map.of(),
              new SentenceLog(new PrintStream(said, true, StandardCharsets.UTF_8)),
              new ApplyStatistics(Clock.systemUTC()));
      try (DatapathMaps maps = DatapathMaps.open(name -> bpf.openMap(folder.pin(name)))) {
        assertThat(enforcer.apply(List.of(whole(0)))).isInstanceOf(ApplyOutcome.Applied.class);
        for (int i = 1; i <= DOCUMENTS; i++) {
          // Read whole now and then, and by its number always: a flip is what makes a change live.
          List<Object> before = i % 25 == 0 ? TestMaps.liveGeneration(maps) : List.of();
          long generation = maps.generation();
          PolicyStore.Loaded kept = store.load();
          PolicyText whole = whole(i);
          PolicyText damaged = new PolicyText("damaged.yaml", documents.next());

          ApplyOutcome outcome =
              assertTimeout(Duration.ofSeconds(20), () -> enforcer.apply(List.of(whole, damaged)));

          if (outcome instanceof ApplyOutcome.Refused) {
            refused++;
            assertThat(outcome.toString()).as(Seed.hint()).doesNotContain("Exception");
            assertThat(maps.generation()).as(Seed.hint()).isEqualTo(generation);
            assertThat(store.load()).as(Seed.hint()).isEqualTo(kept);
            if (!before.isEmpty()) {
              assertThat(TestMaps.liveGeneration(maps)).as(Seed.hint()).isEqualTo(before);
            }
          }
        }
      }
    }
    assertThat(refused).as(Seed.hint()).isGreaterThan(DOCUMENTS / 10);
    assertThat(said.toString(StandardCharsets.UTF_8)).doesNotContain("Exception", "\tat ");
  }

  /** Another one each time, so that half of an edit would show. */
  private static PolicyText whole(int number) {
    String text = new String(WHOLE, StandardCharsets.UTF_8).formatted(number);
    return new PolicyText("whole.yaml", text.getBytes(StandardCharsets.UTF_8));
  }
}
