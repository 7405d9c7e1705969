package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfMap.Put;
import dev.shunt.node.bpf.KernelBpf;
import java.nio.ByteBuffer;

/**
 * Tells an installation of any layout to give its connections back, and sees when it has.
 * shunt_abi.h promises where the flag is; that nobody is enrolled shows in the sockhashes.
 */
final class Draining {
  private final KernelBpf bpf;
  private final PinFolder folder;

  Draining(KernelBpf bpf, PinFolder folder) {
    this.bpf = bpf;
    this.folder = folder;
  }

  /** Does nothing where the installation did not get as far as to have a configuration. */
  void begin() {
    if (!folder.has(Abi.CONFIG.name())) {
      return;
    }
    try (BpfMap config = bpf.openMap(folder.pin(Abi.CONFIG.name()))) {
      byte[] value = config.get(Abi.index(0));
      if (value != null) {
        ByteBuffer bytes = Abi.wrap(value);
        int flags = bytes.getInt(DatapathConfig.FLAGS);
        bytes.putInt(DatapathConfig.FLAGS, flags | Abi.CONFIG_DRAINING);
        config.put(Abi.index(0), value, Put.ANY);
      }
    }
  }

  /** Whether walks could change anything. */
  boolean isPossible() {
    return folder.has(Abi.WORK.name()) && folder.has(PinFolder.CONDUCTOR_ITERATOR);
  }

  boolean isDone() {
    return isEmpty(Abi.SOCKETS) && isEmpty(Abi.POLLERS);
  }

  /** Connections that are still enrolled; one whose other end is gone counts as well. */
  long connectionsLeft() {
    return (entries(Abi.SOCKETS) + entries(Abi.POLLERS) + 1) / 2;
  }

  private long entries(String sockhash) {
    if (!folder.has(sockhash)) {
      return 0;
    }
    try (BpfMap sockets = bpf.openMap(folder.pin(sockhash))) {
      return sockets.readAll().count();
    }
  }

  private boolean isEmpty(String sockhash) {
    if (!folder.has(sockhash)) {
      return true;
    }
    try (BpfMap sockets = bpf.openMap(folder.pin(sockhash))) {
      return sockets.isEmpty();
    }
  }
}
