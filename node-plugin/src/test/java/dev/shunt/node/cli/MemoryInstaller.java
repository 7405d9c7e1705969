package dev.shunt.node.cli;

import dev.shunt.node.agent.MemoryDatapath;
import dev.shunt.node.datapath.Connection;
import dev.shunt.node.datapath.Datapath;
import dev.shunt.node.datapath.DatapathInspection;
import dev.shunt.node.datapath.DatapathInspection.Installed;
import dev.shunt.node.datapath.DatapathInspection.Presence;
import dev.shunt.node.datapath.DatapathInstaller;
import dev.shunt.node.datapath.DatapathOptions;
import dev.shunt.node.datapath.Insight;
import dev.shunt.node.datapath.UninstallReport;
import dev.shunt.policy.observe.Flow;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keeps the installer's rules without a kernel. */
final class MemoryInstaller implements DatapathInstaller {
  private @Nullable MemoryDatapath datapath;
  private @Nullable DatapathOptions installed;

  boolean isInstalled() {
    return datapath != null;
  }

  @Override
  public Datapath installOrAdopt(DatapathOptions options) {
    MemoryDatapath found = datapath;
    if (found == null) {
      found = new MemoryDatapath();
    }
    datapath = found;
    installed = options;
    return found;
  }

  @Override
  public UninstallReport uninstall(DatapathOptions options) {
    boolean was = datapath != null;
    datapath = null;
    installed = null;
    return new UninstallReport(was ? List.of("shunt_watch", "shunt_meta") : List.of(), 0);
  }

  @Override
  public DatapathInspection inspect(DatapathOptions options) {
    MemoryDatapath found = datapath;
    DatapathOptions where = installed;
    if (found == null || where == null) {
      return new DatapathInspection(Presence.ABSENT, null, null);
    }
    var record = new Installed(1, "0".repeat(64), where.cgroup().toString(), "test");
    return where.cgroup().equals(options.cgroup())
        ? new DatapathInspection(Presence.INSTALLED, record, found.status())
        : new DatapathInspection(Presence.OTHER_VERSION, record, null);
  }

  @Override
  public List<Connection> connections(DatapathOptions options) {
    return List.of();
  }

  @Override
  public Insight insight(DatapathOptions options) {
    return Insight.NONE;
  }

  @Override
  public List<Flow> flows(DatapathOptions options) {
    return List.of();
  }
}
