package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfObject;
import dev.shunt.node.bpf.KernelBpf;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How the datapath is installed.
 *
 * @param cgroup cgroup v2 folder whose sockets, and those of every cgroup below it, are watched
 * @param pinFolder folder of a bpf file system that holds the pins; created when absent
 * @param maxSockets capacity of the sockhash; both ends of every accelerated connection need one
 *     entry
 * @param settle youngest age at which a connection is enrolled by {@code enrolment: Settled}
 * @param nodeBudgetBytes redirected but unread bytes allowed on this node; 0 = no limit
 * @param agentVersion recorded beside the pins, for people who look at them
 */
public record DatapathOptions(
    Path cgroup,
    Path pinFolder,
    int maxSockets,
    Duration settle,
    long nodeBudgetBytes,
    String agentVersion) {

  public static final Path DEFAULT_PIN_FOLDER = Path.of("/sys/fs/bpf/shunt");
  public static final int DEFAULT_MAX_SOCKETS = 131_072;
  public static final Duration DEFAULT_SETTLE = Duration.ofMillis(200);

  /**
   * A sixteenth of what a 4 GiB node has: 16 MiB, which a policy allows by default, for 16 readers.
   */
  public static final long DEFAULT_NODE_BUDGET_BYTES = 256L << 20;

  /** Linux 6.16 has it; without it, ends that only ever send are not enrolled by Settled. */
  private static final String SENDER_TRACEPOINT = "tcp_sendmsg_locked";

  public DatapathOptions {
    if (!cgroup.isAbsolute()) {
      throw new IllegalArgumentException("cgroup must be an absolute path, found " + cgroup);
    }
    if (!pinFolder.isAbsolute()) {
      throw new IllegalArgumentException("pinFolder must be an absolute path, found " + pinFolder);
    }
    if (maxSockets < 2 || maxSockets > 1 << 24) {
      throw new IllegalArgumentException("maxSockets must be 2 to 16777216, found " + maxSockets);
    }
    if (settle.isNegative() || settle.compareTo(Duration.ofHours(1)) > 0) {
      throw new IllegalArgumentException("settle must be 0 to 1 hour, found " + settle);
    }
    if (nodeBudgetBytes < 0) {
      throw new IllegalArgumentException(
          "nodeBudgetBytes must not be negative, found " + nodeBudgetBytes);
    }
  }

  /** Options for a cgroup with the default pin folder, sizes and times. */
  public static DatapathOptions forCgroup(Path cgroup, String agentVersion) {
    return new DatapathOptions(
        cgroup,
        DEFAULT_PIN_FOLDER,
        DEFAULT_MAX_SOCKETS,
        DEFAULT_SETTLE,
        DEFAULT_NODE_BUDGET_BYTES,
        agentVersion);
  }

  public DatapathOptions withPinFolder(Path folder) {
    return new DatapathOptions(cgroup, folder, maxSockets, settle, nodeBudgetBytes, agentVersion);
  }

  /**
   * Gives the maps of an object that is not loaded yet their capacities, and leaves out what this
   * kernel has no place for.
   */
  void fit(BpfObject object, KernelBpf bpf) {
    object.setMaxEntries(Abi.SOCKETS, maxSockets);
    object.setMaxEntries(Abi.POLLERS, maxSockets);
    object.setMaxEntries(Abi.BONDS, maxSockets / 2);
    if (!bpf.hasTracepoint(SENDER_TRACEPOINT)) {
      object.skip(Abi.SENDER);
    }
  }
}
