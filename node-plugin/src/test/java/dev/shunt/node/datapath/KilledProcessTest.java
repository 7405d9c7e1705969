package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.KernelBpf.AttachType;
import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.Datapath.Origin;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** SIGKILL, of a process of its own: nothing gets a chance to tidy up. */
@OnBpfKernel
class KilledProcessTest {
  private static final int DEATHS = 4;

  @Test
  void whatAKilledProcessInstalledRunsOnAndTheNextOneAdoptsIt() throws Exception {
    try (TestHost host = new TestHost()) {
      Process process = start(host.cgroup(), host.pinFolder());
      try (BufferedReader out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        assertThat(out.readLine()).isEqualTo("applied generation 1");
      } finally {
        process.destroyForcibly().waitFor();
      }
      List<Integer> programs = programsOn(host.cgroup());
      assertThat(programs).hasSize(1);

      try (Datapath datapath = new KernelInstaller().installOrAdopt(host.options())) {
        assertThat(datapath.origin()).isEqualTo(Origin.ADOPTED);
        assertThat(programsOn(host.cgroup())).isEqualTo(programs);
        assertThat(datapath.status().policies())
            .extracting(p -> p.policy())
            .containsExactly("checkout");
        datapath.apply(Policies.onPort("checkout", 8080));
        assertThat(datapath.apply(Policies.onPort("checkout", 8080)).entriesWritten()).isZero();
      }
    }
  }

  @Test
  void killedAtAnyInstantOfApplyingItLeavesOneWholeSetLive() throws Exception {
    try (TestHost host = new TestHost()) {
      for (int death = 0; death < DEATHS; death++) {
        Process process = start(host.cgroup(), host.pinFolder(), "busy");
        try (BufferedReader out =
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
          for (int line = 0; line <= death; line++) {
            assertThat(out.readLine()).startsWith("applied generation ");
          }
        } finally {
          // It is in the middle of the next one.
          process.destroyForcibly().waitFor();
        }
        assertThatOneWholeSetIsLive(host);
      }
    }
  }

  private static void assertThatOneWholeSetIsLive(TestHost host) {
    KernelBpf bpf = new KernelBpf();
    PinFolder folder = new PinFolder(host.pinFolder());
    try (DatapathMaps maps = DatapathMaps.open(name -> bpf.openMap(folder.pin(name)))) {
      String digest = new SlotLabels(maps.labels()).digest(Abi.slotOf(maps.generation()));
      assertThat(digest).isIn(Victim.ODD.digest(), Victim.EVEN.digest());
      TestMaps.assertLive(
          maps,
          maps.generation(),
          digest.equals(Victim.ODD.digest()) ? Victim.ODD : Victim.EVEN,
          new CounterRows(maps.rows(), maps.counters()).read());
    }
  }

  private static Process start(Path cgroup, Path pinFolder, String... more) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Victim.class.getName(),
                cgroup.toString(),
                pinFolder.toString()));
    command.addAll(List.of(more));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static List<Integer> programsOn(Path cgroup) {
    KernelBpf bpf = new KernelBpf();
    try (BpfFd folder = bpf.openFolder(cgroup)) {
      return bpf.programsOf(folder, AttachType.CGROUP_SOCK_OPS);
    }
  }

  /**
   * Installs, applies, says so, and waits to be killed; a busy one applies two sets in turn for
   * ever.
   */
  static final class Victim {
    static final CompiledPolicySet ODD = Policies.many("odd", 0, 300);
    static final CompiledPolicySet EVEN = Policies.many("even", 100, 200);

    private Victim() {}

    public static void main(String[] args) throws Exception {
      DatapathOptions options = TestHost.options(Path.of(args[0]), Path.of(args[1]));
      Datapath datapath = new KernelInstaller().installOrAdopt(options);
      while (args.length > 2) {
        System.out.println("applied generation " + datapath.apply(ODD).generation());
        System.out.println("applied generation " + datapath.apply(EVEN).generation());
      }
      AppliedPolicy applied = datapath.apply(Policies.onPort("checkout", 8080));
      System.out.println("applied generation " + applied.generation());
      Thread.currentThread().join();
    }
  }
}
