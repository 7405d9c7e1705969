package dev.shunt.node.check;

import dev.shunt.node.bpf.MountTable;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A cgroup below this process's own, which the process moves into and out of again: a socket takes
 * its process's cgroup when it is made, and nobody else's sockets must be tried on. Being below, it
 * counts for whoever watches over the process's own cgroup. One that a killed process left is
 * removed by the next.
 */
final class ProbeCgroup implements AutoCloseable {
  private static final String PREFIX = "shunt-check-";
  private static final String MEMBERS = "cgroup.procs";

  private final Path home;
  private final Path cgroup;

  /** SIGTERM runs hooks, not finally blocks. */
  private final Thread hook = new Thread(this::leave);

  private ProbeCgroup(Path home, Path cgroup) {
    this.home = home;
    this.cgroup = cgroup;
  }

  /**
   * @throws IOException with a sentence when this process cannot move
   */
  static ProbeCgroup enter() throws IOException {
    Path home = home();
    removeForgotten(home);
    Path cgroup = home.resolve(PREFIX + ProcessHandle.current().pid());
    Files.createDirectory(cgroup);
    ProbeCgroup entered = new ProbeCgroup(home, cgroup);
    Runtime.getRuntime().addShutdownHook(entered.hook);
    try {
      move(cgroup);
    } catch (IOException e) {
      entered.close();
      throw e;
    }
    return entered;
  }

  Path path() {
    return cgroup;
  }

  /** This process's cgroup in the mounted hierarchy, if that shows it. */
  private static Path home() throws IOException {
    Path root = MountTable.read().cgroup2();
    if (root == null) {
      throw new IOException("no cgroup v2 hierarchy is mounted");
    }
    for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
      if (line.startsWith("0::/")) {
        Path home = root.resolve(line.substring("0::/".length())).normalize();
        String self = Long.toString(ProcessHandle.current().pid());
        if (home.startsWith(root)
            && Files.exists(home.resolve(MEMBERS))
            && Files.readAllLines(home.resolve(MEMBERS)).contains(self)) {
          return home;
        }
      }
    }
    throw new IOException("the hierarchy at " + root + " does not show this process's own cgroup");
  }

  private static void removeForgotten(Path home) throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(home, PREFIX + "*")) {
      for (Path cgroup : left) {
        String pid = cgroup.getFileName().toString().substring(PREFIX.length());
        if (!Files.exists(Path.of("/proc", pid))) {
          Files.deleteIfExists(cgroup);
        }
      }
    }
  }

  /** 0 stands for the writer, in whatever pid namespace it is. */
  private static void move(Path to) throws IOException {
    Files.writeString(to.resolve(MEMBERS), "0");
  }

  private void leave() {
    try {
      move(home);
      Files.deleteIfExists(cgroup);
    } catch (IOException e) {
      // The next check removes it.
    }
  }

  @Override
  public void close() {
    leave();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending, and the hook runs.
    }
  }
}
