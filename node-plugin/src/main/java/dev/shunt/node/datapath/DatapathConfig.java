package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfMap.Put;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** {@code shunt_config}: what the programs are told beside the policies. */
final class DatapathConfig {
  /** Byte offset, in every layout. */
  static final int FLAGS = 4;

  private final BpfMap config;

  DatapathConfig(BpfMap config) {
    this.config = config;
  }

  /** Writes the settings and leaves the draining flag as it is. */
  void write(DatapathOptions options) {
    ByteBuffer bytes =
        Abi.bytes(Abi.CONFIG_SIZE)
            .putInt(Abi.LAYOUT_VERSION)
            .putInt(read().getInt(FLAGS))
            .putLong(options.settle().toNanos())
            .putLong(options.nodeBudgetBytes())
            .putLong(idOf(options.cgroup()));
    config.put(Abi.index(0), bytes.array(), Put.ANY);
  }

  /** The inode number of its folder (kernfs); of one that is gone, a number that none has. */
  private static long idOf(Path cgroup) {
    try {
      return (Long) Files.getAttribute(cgroup, "unix:ino");
    } catch (NoSuchFileException e) {
      return -1;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot look at the cgroup " + cgroup, e);
    }
  }

  boolean isDraining() {
    return (read().getInt(FLAGS) & Abi.CONFIG_DRAINING) != 0;
  }

  void setDraining(boolean draining) {
    ByteBuffer bytes = read();
    int flags = bytes.getInt(FLAGS);
    bytes.putInt(FLAGS, draining ? flags | Abi.CONFIG_DRAINING : flags & ~Abi.CONFIG_DRAINING);
    config.put(Abi.index(0), bytes.array(), Put.ANY);
  }

  private ByteBuffer read() {
    byte[] bytes = config.get(Abi.index(0));
    if (bytes == null) {
      throw new IllegalStateException("shunt_config has no entry 0");
    }
    return Abi.wrap(bytes);
  }
}
