package dev.shunt.node.programs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On processes that run; map_files of /proc needs root, as the node plugin is. */
@OnBpfKernel
class SpliceJudgeTest {
  private static final String CALLS =
      "#define _GNU_SOURCE\n#include <fcntl.h>\n#include <unistd.h>\n"
          + "int main(int n, char **a) { if (n > 1) splice(0, 0, 1, 0, 1, 0); pause(); }\n";
  private static final String WAITS = "#include <unistd.h>\nint main() { pause(); }\n";

  @TempDir Path folder;

  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void end() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void aProgramThatTakesSpliceFromItsLibraryMaySplice() throws Exception {
    assertThat(reason(compiled("gateway", CALLS), List.of())).contains("calls splice (gateway)");
  }

  @Test
  void aProgramThatDoesNotNeverSplices() throws Exception {
    assertThat(reason(compiled("gateway", WAITS), List.of())).isEqualTo("null");
  }

  @Test
  void whatIsLinkedStaticallyCannotBeSeen() throws Exception {
    assertThat(reason(compiled("gateway", WAITS, "-static"), List.of()))
        .contains("linked statically");
  }

  @Test
  void itsOwnerMayVouchForAProgramByName() throws Exception {
    Path gateway = compiled("gateway-2", CALLS);
    assertThat(reason(gateway, List.of("gateway-*"))).isEqualTo("null");
    assertThat(reason(gateway, List.of("gate"))).contains("calls splice");
  }

  @Test
  void anotherProcessOfTheSameIdIsNotJudged() throws Exception {
    Process process = start(compiled("gateway", WAITS));
    assertThat(new SpliceJudge(List.of()).judge((int) process.pid(), 1)).isNull();
  }

  private Path compiled(String name, String source, String... options) throws Exception {
    Path file = folder.resolve(name + ".c");
    Files.writeString(file, source);
    Path program = folder.resolve(name);
    List<String> command =
        new ArrayList<>(List.of("gcc", "-o", program.toString(), file.toString()));
    Collections.addAll(command, options);
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    return program;
  }

  private Process start(Path program) throws IOException {
    Process process = new ProcessBuilder(program.toString()).start();
    started.add(process);
    return process;
  }

  private String reason(Path program, List<String> trusted) throws Exception {
    Process process = start(program);
    // Until exec(2) it is a copy of this JVM.
    while (!Files.readSymbolicLink(Path.of("/proc/" + process.pid() + "/exe")).equals(program)
        || !stat(process)[0].equals("S")) {
      Thread.onSpinWait();
    }
    SpliceJudge.Judgement judgement =
        Objects.requireNonNull(
            new SpliceJudge(trusted).judge((int) process.pid(), startedNanos(process)));
    assertThat(judgement.executable()).isEqualTo(program.toString());
    return String.valueOf(judgement.use().reason());
  }

  private static long startedNanos(Process process) throws IOException {
    return Long.parseLong(stat(process)[19]) * 10_000_000;
  }

  /** From its third field on, the state. */
  private static String[] stat(Process process) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ");
  }
}
