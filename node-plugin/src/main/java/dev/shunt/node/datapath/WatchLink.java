package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.KernelBpf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Whether the watch still sits where it should. */
final class WatchLink {
  private WatchLink() {}

  /**
   * A removed cgroup takes its programs with it, a little later; and its path may lead to a
   * successor already. So the cgroup's id, which is the inode number of its folder (kernfs), is
   * compared with the link's.
   */
  static boolean isOn(KernelBpf bpf, BpfFd link, Path cgroup) {
    try {
      return Long.valueOf(bpf.cgroupOf(link)).equals(Files.getAttribute(cgroup, "unix:ino"));
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot look at the cgroup " + cgroup, e);
    }
  }
}
