package dev.shunt.node.datapath;

import dev.shunt.node.bpf.MountTable;
import dev.shunt.node.programs.SpliceJudge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An own cgroup below the root and an own pin folder, both removed at the end whatever the test
 * left in them.
 */
final class TestHost implements AutoCloseable {
  private static final AtomicInteger COUNT = new AtomicInteger();

  private final Path root = Objects.requireNonNull(MountTable.read().cgroup2());
  private final String home = ownCgroup();
  private final Path cgroup;
  private final Path pinFolder;

  TestHost() throws IOException {
    String name = "shunt-test-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
    cgroup = root.resolve(name);
    pinFolder = DatapathOptions.DEFAULT_PIN_FOLDER.resolveSibling(name);
    Files.createDirectory(cgroup);
  }

  DatapathOptions options() {
    return options(cgroup, pinFolder);
  }

  static DatapathOptions options(Path cgroup, Path pinFolder) {
    return new DatapathOptions(cgroup, pinFolder, 1024, Duration.ofMillis(50), 1 << 20, "test");
  }

  /**
   * Both ends are in this JVM, which could splice once another test has made it load Netty's native
   * transport; these tests do not.
   */
  static void conduct(Datapath datapath) throws DatapathException {
    datapath.conduct(0.5, new SpliceJudge(List.of("java")), sentence -> {});
  }

  Path cgroup() {
    return cgroup;
  }

  Path pinFolder() {
    return pinFolder;
  }

  /** The root of the cgroup hierarchy. */
  Path root() {
    return root;
  }

  /** The cgroup this process was started in. */
  Path home() {
    return root.resolve("./" + home).normalize();
  }

  /** Sockets that this process opens from now on belong to the cgroup. */
  void moveIn() throws IOException {
    Files.writeString(cgroup.resolve("cgroup.procs"), Long.toString(ProcessHandle.current().pid()));
  }

  void moveOut() throws IOException {
    Files.writeString(home().resolve("cgroup.procs"), Long.toString(ProcessHandle.current().pid()));
  }

  /** This process's cgroup below the root: the line with hierarchy 0 of /proc/self/cgroup. */
  private static String ownCgroup() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
      if (line.startsWith("0::")) {
        return line.substring("0::".length());
      }
    }
    throw new IllegalStateException("/proc/self/cgroup has no line for cgroup v2");
  }

  @Override
  public void close() throws DatapathException, IOException {
    new KernelInstaller().uninstall(options());
    Files.deleteIfExists(cgroup);
  }
}
