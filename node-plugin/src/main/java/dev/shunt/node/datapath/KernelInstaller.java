package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.BpfFileSystem;
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
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Installs, adopts and removes on the running kernel. */
final class KernelInstaller implements DatapathInstaller {
  private final ShuntObject object;
  private final InstallStep.Listener installListener;
  private final ApplyStep.Listener applyListener;
  private final ProgramUpgrade.Step.Listener upgradeListener;

  KernelInstaller() {
    this(step -> {}, step -> {});
  }

  KernelInstaller(InstallStep.Listener installListener, ApplyStep.Listener applyListener) {
    this(ShuntObject.ofThisVersion(), installListener, applyListener, step -> {});
  }

  KernelInstaller(
      ShuntObject object,
      InstallStep.Listener installListener,
      ApplyStep.Listener applyListener,
      ProgramUpgrade.Step.Listener upgradeListener) {
    this.object = object;
    this.installListener = installListener;
    this.applyListener = applyListener;
    this.upgradeListener = upgradeListener;
  }

  @Override
  public Datapath installOrAdopt(DatapathOptions options) throws DatapathException {
    return inKernel("install", bpf -> installOrAdopt(bpf, options));
  }

  @Override
  public UninstallReport uninstall(DatapathOptions options) throws DatapathException {
    PinFolder present = new PinFolder(options.pinFolder());
    return inKernel(
        "uninstall",
        bpf -> {
          List<PinFolder> folders = new ArrayList<>();
          if (Files.isDirectory(present.path())) {
            folders.add(present);
          }
          folders.addAll(RetiredDatapath.foldersBeside(present));
          UninstallReport report = new UninstallReport(List.of(), 0);
          for (PinFolder folder : folders) {
            report = report.and(remove(bpf, folder));
          }
          return report;
        });
  }

  private static UninstallReport remove(KernelBpf bpf, PinFolder folder) throws DatapathException {
    FolderLock lock = owned(folder, folder.lock());
    try {
      return new Removal(bpf, folder).run();
    } finally {
      lock.close();
    }
  }

  @Override
  public DatapathInspection inspect(DatapathOptions options) throws DatapathException {
    PinFolder folder = new PinFolder(options.pinFolder());
    return inKernel("inspect", bpf -> new Inspector(bpf, folder, options, object).inspect());
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
    PinFolder folder = new PinFolder(options.pinFolder());
    FolderLock lock = owned(folder, folder.createAndLock());
    Inspector inspector = new Inspector(bpf, folder, options, object);
    try {
      Presence presence = inspector.presence();
      Origin origin =
          switch (presence) {
            case ABSENT -> Origin.INSTALLED;
            case INSTALLED -> Origin.ADOPTED;
            case OTHER_PROGRAMS -> upgrade(bpf, folder, options);
            case OTHER_VERSION -> Origin.REPLACED;
            case HALF_MADE -> Origin.REPAIRED;
            case NEWER_LAYOUT -> throw newer(folder, inspector);
          };
      if (origin == Origin.REPAIRED) {
        new Removal(bpf, folder).run();
        // The lock was on the folder that is gone now.
        lock.close();
        lock = owned(folder, folder.createAndLock());
      }
      if (origin == Origin.REPLACED) {
        lock = replace(bpf, folder, options, lock);
      } else if (origin != Origin.ADOPTED && origin != Origin.UPGRADED) {
        install(bpf, folder, options);
      }
      return open(bpf, folder, options, lock, origin);
    } catch (DatapathException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private Origin upgrade(KernelBpf bpf, PinFolder folder, DatapathOptions options)
      throws DatapathException {
    boolean fits = new ProgramUpgrade(bpf, folder, options, object, upgradeListener).run();
    return fits ? Origin.UPGRADED : Origin.REPLACED;
  }

  private void install(KernelBpf bpf, PinFolder folder, DatapathOptions options)
      throws DatapathException {
    new Installation(bpf, folder, options, object, installListener).run();
  }

  /**
   * Installs beside what is there. If the kernel refuses, what was there is put back and has missed
   * nothing.
   *
   * @return the lock of the new installation's folder
   */
  private FolderLock replace(
      KernelBpf bpf, PinFolder folder, DatapathOptions options, FolderLock lock)
      throws DatapathException {
    PinFolder aside = RetiredDatapath.moveAside(folder);
    FolderLock fresh = owned(folder, folder.createAndLock());
    try {
      install(bpf, folder, options);
    } catch (DatapathException e) {
      new Removal(bpf, folder).run();
      fresh.close();
      BpfFileSystem.rename(aside.path(), folder.path());
      throw e;
    } catch (RuntimeException e) {
      fresh.close();
      throw e;
    }
    lock.close();
    return fresh;
  }

  private static DatapathException newer(PinFolder folder, Inspector inspector) {
    return new DatapathException(
        "install.layout",
        "expected a datapath of layout %d or older at %s, found layout %d of a later version. It is left as it is, and goes on accelerating; run that version, or remove it with shunt-node uninstall, which breaks no connection, and start again"
            .formatted(Abi.LAYOUT_VERSION, folder.path(), inspector.layout()));
  }

  private Datapath open(
      KernelBpf bpf, PinFolder folder, DatapathOptions options, FolderLock lock, Origin origin) {
    DatapathMaps maps = DatapathMaps.open(name -> bpf.openMap(folder.pin(name)));
    try {
      new DatapathConfig(maps.config()).write(options);
      BpfFd link = bpf.open(folder.pin(PinFolder.WATCH_LINK));
      List<RetiredDatapath> retired = RetiredDatapath.beside(bpf, folder);
      return new KernelDatapath(bpf, lock, maps, link, options, applyListener, origin, retired);
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
