package dev.shunt.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** An agent in a process of its own, which can be killed. */
final class AgentProcess implements AutoCloseable {
  private static final long SECONDS = 30;

  private final Process process;
  private final BufferedReader out;
  private final Path log;

  private AgentProcess(Process process, Path log) {
    this.process = process;
    this.out = process.inputReader(StandardCharsets.UTF_8);
    this.log = log;
  }

  /** As the command of another one, if any, which is the process that is killed and waited for. */
  static AgentProcess startBy(List<String> starter, Path log, List<String> arguments)
      throws IOException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    var command = new ArrayList<>(starter);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx128m",
            "-cp",
            classPath,
            "dev.shunt.node.cli.Main",
            "run"));
    command.addAll(arguments);
    var builder = new ProcessBuilder(command).redirectError(log.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("SHUNT_"));
    return new AgentProcess(builder.start(), log);
  }

  long pid() {
    return process.pid();
  }

  /** The next line of standard output; fails with the log when the agent ends instead. */
  String line() throws IOException {
    String line = out.readLine();
    assertThat(line).as("a line of the agent, whose log is:%n%s", log()).isNotNull();
    return line;
  }

  String log() throws IOException {
    return Files.readString(log);
  }

  void signal(String name) throws IOException, InterruptedException {
    var kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).inheritIO().start();
    assertThat(kill.waitFor()).isZero();
  }

  int exitCode() throws InterruptedException {
    assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).as("the agent ends").isTrue();
    return process.exitValue();
  }

  List<String> rest() {
    try (Stream<String> lines = out.lines()) {
      return lines.toList();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
