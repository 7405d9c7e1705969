package dev.shunt.node.programs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** From within what a container is made of. */
@OnBpfKernel
class HostProcessesTest {

  @Test
  void nothingIsInTheWayOfRootOnTheHost() {
    assertThat(HostProcesses.obstacle()).isNull();
  }

  @Test
  void aPidNamespaceOfItsOwnIsNamedWithWhatToDo() throws IOException {
    assertThat(obstacleUnder("unshare", "--pid", "--fork", "--mount-proc"))
        .contains("PID namespace", "--pid=host", "SYS_PTRACE");
  }

  @Test
  void aMissingCapabilityIsNamed() throws IOException {
    assertThat(obstacleUnder("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"))
        .contains("SYS_PTRACE")
        .doesNotContain("PID namespace");
  }

  private static String obstacleUnder(String... wrapper) throws IOException {
    List<String> command = new ArrayList<>();
    Collections.addAll(command, wrapper);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Tell.class.getName()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  /** Runs in the process that is looked at. */
  static final class Tell {
    public static void main(String[] arguments) {
      System.out.println(HostProcesses.obstacle());
    }
  }
}
