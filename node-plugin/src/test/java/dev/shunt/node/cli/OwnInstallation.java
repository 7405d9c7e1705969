package dev.shunt.node.cli;

import dev.shunt.node.bpf.MountTable;
import dev.shunt.node.datapath.DatapathInstaller;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Commands and agents of one test on this kernel, with a cgroup and pins of its own. */
final class OwnInstallation {
  final String name;
  final Path cgroup;
  final Path pins;
  final CommandLineFixture shunt;
  private final Path folder;
  private int agents;

  /**
   * @param folder for state, sockets and logs
   */
  OwnInstallation(String purpose, Path folder) {
    this.name = "shunt-test-" + ProcessHandle.current().pid() + "-" + purpose;
    this.cgroup = Objects.requireNonNull(MountTable.read().cgroup2()).resolve(name);
    this.pins = Path.of("/sys/fs/bpf", name);
    this.shunt = new CommandLineFixture(folder, DatapathInstaller.onThisKernel());
    this.folder = folder;
  }

  int command(String command, String... more) {
    var arguments = new ArrayList<>(List.of(command));
    arguments.addAll(where());
    arguments.addAll(List.of(more));
    return shunt.bare(arguments.toArray(String[]::new));
  }

  /** An agent of its own process, without a control plane. */
  AgentProcess agent(Path policies, String... more) throws IOException {
    return agent(List.of(), policies, more);
  }

  /**
   * @param through a command that runs the agent's, such as unshare(1)
   */
  AgentProcess agent(List<String> through, Path policies, String... more) throws IOException {
    var arguments = new ArrayList<>(List.of("--standalone", "-f", policies.toString()));
    if (more.length == 0) {
      arguments.addAll(List.of("--metrics-port", "0"));
    }
    arguments.addAll(List.of(more));
    arguments.addAll(where());
    return AgentProcess.startBy(through, folder.resolve("agent-" + agents++ + ".log"), arguments);
  }

  private List<String> where() {
    return List.of(
        "--pin-dir",
        pins.toString(),
        "--cgroup",
        cgroup.toString(),
        "--state-dir",
        shunt.stateDir().toString(),
        "--run-dir",
        shunt.runDir().toString());
  }
}
