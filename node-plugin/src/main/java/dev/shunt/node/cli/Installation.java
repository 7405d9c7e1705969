package dev.shunt.node.cli;

import dev.shunt.node.bpf.MountTable;
import dev.shunt.node.datapath.DatapathException;
import dev.shunt.node.datapath.DatapathInspection;
import dev.shunt.node.datapath.DatapathInstaller;
import dev.shunt.node.datapath.DatapathOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Finds out which cgroup a command is about, when nobody said: the one that is installed, else the
 * root.
 */
final class Installation {

  private final DatapathInstaller installer;
  private final Settings settings;

  Installation(DatapathInstaller installer, Settings settings) {
    this.installer = installer;
    this.settings = settings;
  }

  /** Options to look at, or take over, what is pinned. */
  DatapathOptions options() throws DatapathException {
    Path given = settings.cgroup();
    if (given != null) {
      return at(given);
    }
    DatapathOptions root = at(root());
    DatapathInspection.Installed installed = installer.inspect(root).installed();
    return installed == null ? root : at(Path.of(installed.cgroup()));
  }

  DatapathInspection inspect() throws DatapathException {
    return installer.inspect(options());
  }

  /** Path of the cgroup below the hierarchy's root, as policies name it. */
  static String display(Path cgroup) {
    Path root = MountTable.read().cgroup2();
    return root != null && cgroup.startsWith(root)
        ? "/" + root.relativize(cgroup)
        : cgroup.toString();
  }

  private DatapathOptions at(Path cgroup) {
    return DatapathOptions.forCgroup(cgroup, AgentVersion.text()).withPinFolder(settings.pinDir());
  }

  private static Path root() {
    @Nullable Path root = MountTable.read().cgroup2();
    if (root == null) {
      throw CommandFailure.failed(
          "expected a cgroup v2 hierarchy, found none in /proc/self/mountinfo; mount one, for example with: mount -t cgroup2 none"
              + " /sys/fs/cgroup");
    }
    return root;
  }
}
