package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.KernelBpf.AttachType;
import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.Datapath.Origin;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** SIGKILL, of a process of its own: nothing gets a chance to tidy up. */
@OnBpfKernel
class KilledProcessTest {
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
        assertThat(datapath.apply(Policies.onPort("checkout", 8080)).tablesWritten()).isZero();
      }
    }
  }

  private static Process start(Path cgroup, Path pinFolder) throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Victim.class.getName(),
            cgroup.toString(),
            pinFolder.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static List<Integer> programsOn(Path cgroup) {
    KernelBpf bpf = new KernelBpf();
    try (BpfFd folder = bpf.openFolder(cgroup)) {
      return bpf.programsOf(folder, AttachType.CGROUP_SOCK_OPS);
    }
  }

  /** Installs, applies, says so, and waits to be killed. */
  static final class Victim {
    private Victim() {}

    public static void main(String[] args) throws Exception {
      DatapathOptions options = TestHost.options(Path.of(args[0]), Path.of(args[1]));
      Datapath datapath = new KernelInstaller().installOrAdopt(options);
      AppliedPolicy applied = datapath.apply(Policies.onPort("checkout", 8080));
      System.out.println("applied generation " + applied.generation());
      Thread.currentThread().join();
    }
  }
}
