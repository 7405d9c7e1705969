package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.FolderLock;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.LibbpfMissingException;
import dev.shunt.node.bpf.MountTable;
import dev.shunt.node.datapath.Datapath.Origin;
import dev.shunt.node.datapath.DatapathInspection.Presence;
import dev.shunt.policy.observe.Flow;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Installs, adopts and removes on the running kernel. */
final class KernelInstaller implements DatapathInstaller {
  private final InstallStep.Listener installListener;
  private final ApplyStep.Listener applyListener;

  KernelInstaller() {
    this(step -> {}, step -> {});
  }

  KernelInstaller(InstallStep.Listener installListener, ApplyStep.Listener applyListener) {
    this.installListener = installListener;
    this.applyListener = applyListener;
  }

  @Override
  public Datapath installOrAdopt(DatapathOptions options) throws DatapathException {
    return inKernel("install", bpf -> installOrAdopt(bpf, options));
  }

  @Override
  public UninstallReport uninstall(DatapathOptions options) throws DatapathException {
    PinFolder folder = new PinFolder(options.pinFolder());
    return inKernel(
        "uninstall",
        bpf -> {
          if (!Files.isDirectory(folder.path())) {
            return new UninstallReport(List.of(), 0);
          }
          FolderLock lock = owned(folder, folder.lock());
          try {
            return new Removal(bpf, folder).run();
          } finally {
            lock.close();
          }
        });
  }

  @Override
  public DatapathInspection inspect(DatapathOptions options) throws DatapathException {
    PinFolder folder = new PinFolder(options.pinFolder());
    return inKernel(
        "inspect",
        bpf -> new Inspector(bpf, folder, options, ShuntObject.ofThisVersion()).inspect());
  }

  @Override
  public List<Connection> connections(DatapathOptions options) throws DatapathException {
    PinFolder folder = new PinFolder(options.pinFolder());
    return inKernel(
        "connections",
        bpf -> {
          if (!folder.has(PinFolder.REPORT_ITERATOR)) {
            return List.of();
          }
          try (DatapathMaps maps = DatapathMaps.open(name -> bpf.openMap(folder.pin(name)))) {
            return new ConnectionLister(folder, maps).list();
          }
        });
  }

  @Override
  public Insight insight(DatapathOptions options) throws DatapathException {
    return insight(options, InsightReader::read, Insight.NONE);
  }

  @Override
  public List<Flow> flows(DatapathOptions options) throws DatapathException {
    return insight(options, InsightReader::connections, List.of());
  }

  private static <T> T insight(
      DatapathOptions options, Function<InsightReader, T> read, T whenAbsent)
      throws DatapathException {
    PinFolder folder = new PinFolder(options.pinFolder());
    return inKernel(
        "insight",
        bpf -> {
          if (!folder.has(PinFolder.FLOWS_ITERATOR)) {
            return whenAbsent;
          }
          try (DatapathMaps maps = DatapathMaps.open(name -> bpf.openMap(folder.pin(name)))) {
            return read.apply(new InsightReader(options, bpf::openMap, maps));
          }
        });
  }

  private Datapath installOrAdopt(KernelBpf bpf, DatapathOptions options) throws DatapathException {
    requireCgroup2(options.cgroup());
    ShuntObject object = ShuntObject.ofThisVersion();
    PinFolder folder = new PinFolder(options.pinFolder());
    FolderLock lock = owned(folder, folder.createAndLock());
    try {
      Presence presence = new Inspector(bpf, folder, options, object).presence();
      Origin origin =
          switch (presence) {
            case ABSENT -> Origin.INSTALLED;
            case INSTALLED -> Origin.ADOPTED;
            case OTHER_VERSION -> Origin.REPLACED;
            case HALF_MADE -> Origin.REPAIRED;
          };
      if (origin == Origin.REPLACED || origin == Origin.REPAIRED) {
        new Removal(bpf, folder).run();
        // The lock was on the folder that is gone now.
        lock.close();
        lock = owned(folder, folder.createAndLock());
      }
      if (origin != Origin.ADOPTED) {
        new Installation(bpf, folder, options, object, installListener).run();
      }
      return open(bpf, folder, options, lock, origin);
    } catch (DatapathException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private Datapath open(
      KernelBpf bpf, PinFolder folder, DatapathOptions options, FolderLock lock, Origin origin) {
    DatapathMaps maps = DatapathMaps.open(name -> bpf.openMap(folder.pin(name)));
    try {
      new DatapathConfig(maps.config()).write(options);
      BpfFd link = bpf.open(folder.pin(PinFolder.WATCH_LINK));
      return new KernelDatapath(bpf, lock, maps, link, options, applyListener, origin);
    } catch (RuntimeException e) {
      maps.close();
      throw e;
    }
  }

  private static FolderLock owned(PinFolder folder, @Nullable FolderLock lock)
      throws DatapathException {
    if (lock == null) {
      throw new DatapathException(
          "lock",
          "another process holds "
              + folder.path()
              + "; stop the running node plugin first, for example with: systemctl stop shunt-node");
    }
    return lock;
  }

  private static void requireCgroup2(Path cgroup) throws DatapathException {
    MountTable.@Nullable Mount mount = MountTable.read().of(cgroup);
    if (!Files.isDirectory(cgroup) || mount == null || !mount.fileSystem().equals("cgroup2")) {
      throw new DatapathException(
          "install.cgroup",
          "expected a folder in a cgroup v2 hierarchy, found %s; this machine's hierarchy is at %s"
              .formatted(cgroup, MountTable.read().cgroup2()));
    }
  }

  private interface Work<T> {
    T with(KernelBpf bpf) throws DatapathException;
  }

  private static <T> T inKernel(String code, Work<T> work) throws DatapathException {
    try {
      return work.with(new KernelBpf());
    } catch (BpfException e) {
      throw new DatapathException(code, e);
    } catch (LibbpfMissingException
        | UncheckedIOException
        | IllegalArgumentException
        | IllegalStateException e) {
      throw new DatapathException(code, e);
    }
  }
}
