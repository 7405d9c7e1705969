package dev.shunt.node.traffic;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A memory cgroup of the test's own, of cgroup v1, which limits what TCP holds for the sockets of
 * the programs in it apart from all other memory.
 */
final class MemoryCgroup implements Closeable {
  private static final Path ROOT = Path.of("/sys/fs/cgroup/memory");
  private static final String LIMIT = "memory.kmem.tcp.limit_in_bytes";

  private final Path folder;

  /** Sockets are charged to it when it has a limit before they are made. */
  MemoryCgroup(String name, long limit) throws IOException {
    folder = Files.createDirectory(ROOT.resolve(name));
    limits(limit);
  }

  /** Whether this host has them; where cgroup v2 has the memory there is no such limit. */
  static boolean exist() {
    return Files.exists(ROOT.resolve(LIMIT));
  }

  void limits(long bytes) throws IOException {
    Files.writeString(folder.resolve(LIMIT), Long.toString(bytes));
  }

  /** What it makes from now on is charged here. */
  void takes(long process) throws IOException {
    Files.writeString(folder.resolve("cgroup.procs"), Long.toString(process));
  }

  /** Bytes that are charged; more than the limit where TCP had to have them. */
  long charged() throws IOException {
    return Long.parseLong(
        Files.readString(folder.resolve("memory.kmem.tcp.usage_in_bytes")).strip());
  }

  @Override
  public void close() throws IOException {
    Files.delete(folder);
  }
}
