package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.KernelBpf;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes a whole or half-made installation out of its locked pin folder. No key is ever deleted from
 * the sockhash, which would drop what is queued at the socket: enrolled sockets hold the programs
 * and maps they use until they close.
 */
final class Removal {
  private final KernelBpf bpf;
  private final PinFolder folder;
  private final List<String> removed = new ArrayList<>();

  Removal(KernelBpf bpf, PinFolder folder) {
    this.bpf = bpf;
    this.folder = folder;
  }

  UninstallReport run() throws DatapathException {
    try {
      // First the watch, so that no new socket is enrolled by what is about to go.
      if (folder.has(PinFolder.WATCH_LINK)) {
        try (BpfFd link = bpf.open(folder.pin(PinFolder.WATCH_LINK))) {
          bpf.detach(link);
        }
        folder.removePin(PinFolder.WATCH_LINK, removed);
      }
      long accelerated = acceleratedLive();
      drain();
      folder.removePin(PinFolder.REDIRECT_LINK, removed);
      // The record goes last: while it is there, whoever finds the folder knows what it was.
      for (String name : folder.names()) {
        if (!name.equals(PinFolder.META)) {
          folder.removePin(name, removed);
        }
      }
      folder.removePin(PinFolder.META, removed);
      folder.removeFolder();
      return new UninstallReport(removed, accelerated);
    } catch (BpfException e) {
      throw new DatapathException("uninstall", e);
    }
  }

  /**
   * Sockets that stay enrolled send by TCP from now on: nobody will be there to watch their
   * backlog.
   */
  private void drain() {
    if (folder.has(Abi.CONFIG.name())) {
      try (BpfMap config = bpf.openMap(folder.pin(Abi.CONFIG.name()))) {
        // Another layout's flags may mean something else.
        if (config.spec().valueSize() == Abi.CONFIG_SIZE) {
          new DatapathConfig(config).setDraining(true);
        }
      }
    }
  }

  private long acceleratedLive() {
    if (!folder.has(Abi.COUNTERS.name())) {
      return 0;
    }
    try (BpfMap counters = bpf.openMap(folder.pin(Abi.COUNTERS.name()))) {
      return counters.spec().valueSize() == Abi.COUNTERS_SIZE
          ? new CountersReader(counters).totals().acceleratedLive()
          : 0;
    }
  }
}
