package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfFileSystem;
import dev.shunt.node.bpf.FolderLock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The folder of one installation's pins. Names have no dots: bpffs reserves them. */
final class PinFolder {
  static final String META = InstallRecord.SPEC.name();
  static final String WATCH_LINK = Abi.WATCH + "_link";

  /** Ends of the names of links to sockhashes; they begin with the name of the sockhash. */
  static final String REDIRECT_LINK = "_redirect_link";

  static final String ONE_QUEUE_LINK = "_one_queue_link";

  static final String CONDUCTOR_ITERATOR = Abi.CONDUCTOR + "_iter";
  static final String ADOPTER_ITERATOR = Abi.ADOPTER + "_iter";
  static final String REPORT_ITERATOR = Abi.REPORT + "_iter";
  static final String FLOWS_ITERATOR = Abi.FLOWS + "_iter";
  static final String READER_LINK = Abi.READER + "_link";
  static final String SEEN_SEND_LINK = Abi.SEEN_SEND + "_link";
  static final String SEEN_RECV_LINK = Abi.SEEN_RECV + "_link";
  static final String SENDER_LINK = Abi.SENDER + "_link";

  private final Path folder;

  PinFolder(Path folder) {
    this.folder = folder;
  }

  Path path() {
    return folder;
  }

  Path pin(String name) {
    return folder.resolve(name);
  }

  boolean has(String name) {
    return Files.exists(pin(name));
  }

  /** Names of the pins, sorted; empty when the folder is not there. */
  List<String> names() {
    try (Stream<Path> pins = Files.list(folder)) {
      return pins.map(pin -> pin.getFileName().toString()).sorted().toList();
    } catch (java.nio.file.NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list the pin folder " + folder, e);
    }
  }

  /**
   * Makes the folder, mounting the bpf file system if need be, and takes its lock; null when
   * someone else holds it.
   */
  @Nullable FolderLock createAndLock() {
    BpfFileSystem.ensureAround(folder);
    while (true) {
      try {
        Files.createDirectories(folder);
      } catch (IOException e) {
        throw new UncheckedIOException(
            "cannot make the pin folder %s (%s); in a container, the engine's AppArmor profile may forbid it: run it with apparmor=unconfined"
                .formatted(folder, e),
            e);
      }
      FolderLock lock = lock();
      // An uninstall may have removed the folder between the two; then the lock is on something
      // nobody will see.
      if (lock == null || lock.isStill(folder)) {
        return lock;
      }
      lock.close();
    }
  }

  /** Takes the lock of a folder that is there; null when someone else holds it. */
  @Nullable FolderLock lock() {
    return FolderLock.tryTake(folder);
  }

  void removePin(String name, List<String> removed) {
    if (BpfFileSystem.unpin(pin(name))) {
      removed.add(name);
    }
  }

  void removeFolder() {
    try {
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove the pin folder " + folder, e);
    }
  }
}
