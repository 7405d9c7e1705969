package dev.shunt.node.cli;

import dev.shunt.node.datapath.DatapathInstaller;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs commands in this process, with folders of its own and an installer that the test brings. */
final class CommandLineFixture {
  private final DatapathInstaller installer;
  final Map<String, String> environment = new HashMap<>();
  private final Path folder;
  private String input = "";
  private String out = "";
  private String err = "";

  CommandLineFixture(Path folder, DatapathInstaller installer) {
    this.folder = folder;
    this.installer = installer;
  }

  Path stateDir() {
    return folder.resolve("state");
  }

  Path runDir() {
    return folder.resolve("run");
  }

  void input(String text) {
    input = text;
  }

  String out() {
    return out;
  }

  String err() {
    return err;
  }

  /** A command with the folders of this fixture; returns its exit code. */
  int run(String command, String... arguments) {
    var all = new ArrayList<String>(List.of(command));
    all.addAll(
        List.of(
            "--state-dir",
            stateDir().toString(),
            "--run-dir",
            runDir().toString(),
            "--cgroup",
            "/sys/fs/cgroup/shunt-test"));
    all.addAll(List.of(arguments));
    return bare(all.toArray(String[]::new));
  }

  int bare(String... arguments) {
    var outBytes = new ByteArrayOutputStream();
    var errBytes = new ByteArrayOutputStream();
    var world =
        new World(
            installer,
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(outBytes, true, StandardCharsets.UTF_8),
            new PrintStream(errBytes, true, StandardCharsets.UTF_8),
            environment,
            Clock.systemUTC());
    int code = ShuntNode.execute(world, arguments);
    out = outBytes.toString(StandardCharsets.UTF_8);
    err = errBytes.toString(StandardCharsets.UTF_8);
    return code;
  }
}
