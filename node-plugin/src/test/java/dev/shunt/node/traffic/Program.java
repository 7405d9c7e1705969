package dev.shunt.node.traffic;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program in a cgroup of the test's own and a network namespace; the kernel gives a socket the
 * cgroup of the process that makes it. Killed at the end.
 */
final class Program implements Closeable {
  private final Process process;
  private final BufferedReader output;

  Program(Path cgroup, Namespace namespace, List<String> command) throws IOException {
    List<String> all =
        new ArrayList<>(
            List.of(
                "sh",
                "-c",
                "echo $$ > \"$0\" && exec \"$@\"",
                cgroup.resolve("cgroup.procs").toString()));
    all.addAll(namespace.wrap(command));
    process = new ProcessBuilder(all).redirectErrorStream(true).start();
    output = process.inputReader(StandardCharsets.UTF_8);
  }

  /** The next line that begins so; fails when the program ends before. */
  String lineWith(String beginning) throws IOException {
    StringBuilder seen = new StringBuilder();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(beginning)) {
        return line;
      }
      seen.append(line).append('\n');
    }
    throw new AssertionError(
        "expected a line that begins with '%s', found:%n%s".formatted(beginning, seen));
  }

  void sendLine() throws IOException {
    sendLine("");
  }

  void sendLine(String line) throws IOException {
    process.getOutputStream().write((line + '\n').getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
  }

  /** Everything it prints until its end; fails when it fails or does not end in a minute. */
  String end() throws IOException, InterruptedException {
    String rest = String.join("\n", output.lines().toList());
    if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
      throw new AssertionError("the program failed: " + rest);
    }
    return rest;
  }

  long pid() {
    return process.pid();
  }

  void interrupt() throws IOException {
    // SIGINT, which Java cannot send: tcpdump then writes what it has.
    new ProcessBuilder("kill", "-INT", Long.toString(pid())).start();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
