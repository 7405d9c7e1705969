package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfMap.Put;
import java.nio.ByteBuffer;

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
            .putLong(options.nodeBudgetBytes());
    config.put(Abi.index(0), bytes.array(), Put.ANY);
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
