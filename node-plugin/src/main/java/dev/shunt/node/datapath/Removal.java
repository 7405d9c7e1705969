package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.NetworkNamespace;
import dev.shunt.node.bpf.NetworkNamespaces;
import dev.shunt.node.conductor.Walks;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes a whole or half-made installation out of its locked pin folder. Connections go back to
 * plain TCP first, by the conductor's two phases. No key is deleted from the sockhash from here,
 * which would drop what is queued at the socket: one that does not drain in time keeps the programs
 * and maps it uses until it closes.
 */
final class Removal {
  /** A connection whose reader stopped cannot leave; nobody waits for it longer than this. */
  private static final Duration DRAIN_TIME = Duration.ofSeconds(10);

  private final KernelBpf bpf;
  private final PinFolder folder;
  private final List<String> removed = new ArrayList<>();

  Removal(KernelBpf bpf, PinFolder folder) {
    this.bpf = bpf;
    this.folder = folder;
  }

  UninstallReport run() throws DatapathException {
    try {
      // While draining the watch enrols nobody, and still counts who closes.
      Draining draining = new Draining(bpf, folder);
      draining.begin();
      if (draining.isPossible()) {
        walkUntilDrained(draining);
      }
      long accelerated = draining.connectionsLeft();
      takeAway();
      return new UninstallReport(removed, accelerated);
    } catch (BpfException e) {
      throw new DatapathException("uninstall", e);
    }
  }

  /** Detaches and unpins everything. */
  void takeAway() {
    if (folder.has(PinFolder.WATCH_LINK)) {
      try (BpfFd link = bpf.open(folder.pin(PinFolder.WATCH_LINK))) {
        bpf.detach(link);
      }
      folder.removePin(PinFolder.WATCH_LINK, removed);
    }
    // The record goes last: while it is there, whoever finds the folder knows what it was.
    for (String name : folder.names()) {
      if (!name.equals(PinFolder.META)) {
        folder.removePin(name, removed);
      }
    }
    folder.removePin(PinFolder.META, removed);
    folder.removeFolder();
  }

  /** Holding the lock, this is the only one who walks. */
  private void walkUntilDrained(Draining draining) {
    try (PinnedWalks walks =
        new PinnedWalks(folder, bpf.openMap(folder.pin(Abi.WORK.name())), null, null)) {
      long end = System.nanoTime() + DRAIN_TIME.toNanos();
      while (!draining.isDone() && System.nanoTime() - end < 0) {
        for (NetworkNamespace namespace : NetworkNamespaces.all().values()) {
          walkIfStillThere(walks, namespace);
        }
      }
    }
  }

  private static void walkIfStillThere(PinnedWalks walks, NetworkNamespace namespace) {
    try {
      walks.walk(Walks.Kind.CONDUCT, namespace);
    } catch (BpfException | UncheckedIOException e) {
      // Its last process ended meanwhile: its sockets are gone as well.
    }
  }
}
