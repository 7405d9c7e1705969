package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfFileSystem;
import dev.shunt.node.bpf.FolderLock;
import dev.shunt.node.bpf.KernelBpf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An installation that another one superseded, in a folder beside it: {@code shunt_retired_1}. It
 * enrols nobody; its own programs, through its own pinned iterator, give its connections back to
 * TCP. Relies only on what shunt_abi.h promises for every layout.
 */
final class RetiredDatapath implements AutoCloseable {
  private static final String MARK = "_retired_";

  private final KernelBpf bpf;
  private final PinFolder folder;
  private final FolderLock lock;

  private RetiredDatapath(KernelBpf bpf, PinFolder folder, FolderLock lock) {
    this.bpf = bpf;
    this.folder = folder;
    this.lock = lock;
  }

  /** Moves a locked installation aside, in one step. What it does goes on. */
  static PinFolder moveAside(PinFolder present) {
    int number = 1;
    while (Files.exists(beside(present, number))) {
      number++;
    }
    PinFolder aside = new PinFolder(beside(present, number));
    BpfFileSystem.rename(present.path(), aside.path());
    return aside;
  }

  private static Path beside(PinFolder present, int number) {
    return present.path().resolveSibling(present.path().getFileName() + MARK + number);
  }

  /** Folders of retired installations beside a pin folder. */
  static List<PinFolder> foldersBeside(PinFolder present) {
    Path parent = present.path().getParent();
    if (parent == null || !Files.isDirectory(parent)) {
      return List.of();
    }
    List<PinFolder> found = new ArrayList<>();
    try (DirectoryStream<Path> folders =
        Files.newDirectoryStream(parent, present.path().getFileName() + MARK + "*")) {
      folders.forEach(path -> found.add(new PinFolder(path)));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + parent, e);
    }
    return found;
  }

  /**
   * All beside a pin folder, which the caller has locked; from now on they enrol nobody. One that
   * somebody else holds is being removed.
   */
  static List<RetiredDatapath> beside(KernelBpf bpf, PinFolder present) {
    List<RetiredDatapath> found = new ArrayList<>();
    for (PinFolder folder : foldersBeside(present)) {
      FolderLock lock = folder.lock();
      if (lock != null) {
        RetiredDatapath retired = new RetiredDatapath(bpf, folder, lock);
        found.add(retired);
        new Draining(bpf, folder).begin();
      }
    }
    return found;
  }

  /** Walks through its own iterator. */
  PinnedWalks walks() {
    return new PinnedWalks(folder, bpf.openMap(folder.pin(Abi.WORK.name())), null, null);
  }

  boolean isDrained() {
    return new Draining(bpf, folder).isDone();
  }

  /** Takes what is left away. A connection that is enrolled still keeps its programs. */
  void remove() {
    try {
      new Removal(bpf, folder).takeAway();
    } catch (BpfException e) {
      throw new IllegalStateException(
          "cannot remove the earlier installation at " + folder.path() + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    lock.close();
  }
}
