package dev.shunt.node.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code shunt-node version}. */
@Command(name = "version", description = "Print the version of this program, Java and the kernel.")
final class VersionCommand implements Callable<Integer> {
  private final World world;

  VersionCommand(World world) {
    this.world = world;
  }

  @Override
  public Integer call() {
    world
        .out()
        .printf(
            "shunt-node %s (Java %s, Linux %s)%n",
            AgentVersion.text(), System.getProperty("java.version"), AgentVersion.kernel());
    return ExitCode.OK.number();
  }
}
