package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.FolderLock;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.MapEntries;
import dev.shunt.node.conductor.Conductor;
import dev.shunt.node.conductor.CpuShare;
import dev.shunt.node.programs.SpliceJudge;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A handle on an installed datapath. Holds the pin folder's lock; map buffers are shared, hence the
 * monitor.
 */
final class KernelDatapath implements Datapath {
  private final KernelBpf bpf;
  private final FolderLock lock;
  private final DatapathMaps maps;
  private final BpfFd watchLink;
  private final Path cgroup;
  private final PolicyWriter writer;
  private final PinFolder folder;
  private final ReaderLink reader;
  private final ObserverLinks observers;
  private final Origin origin;
  private final DatapathOptions options;
  private @Nullable PinnedWalks walks;
  private @Nullable Conductor conductor;
  private final List<RetiredDatapath> retired;
  private @Nullable Retirement retirement;
  private @Nullable String staleObservations;

  KernelDatapath(
      KernelBpf bpf,
      FolderLock lock,
      DatapathMaps maps,
      BpfFd watchLink,
      DatapathOptions options,
      ApplyStep.Listener listener,
      Origin origin,
      List<RetiredDatapath> retired) {
    this.bpf = bpf;
    this.lock = lock;
    this.maps = maps;
    this.watchLink = watchLink;
    this.options = options;
    this.cgroup = options.cgroup();
    this.writer = new PolicyWriter(bpf, maps, listener, System::nanoTime);
    this.folder = new PinFolder(options.pinFolder());
    this.reader = new ReaderLink(bpf, folder);
    this.observers = new ObserverLinks(bpf, folder);
    this.origin = origin;
    this.retired = retired;
  }

  @Override
  public synchronized AppliedPolicy apply(CompiledPolicySet set) throws DatapathException {
    boolean needsReader = ReaderLink.isNeededBy(set);
    if (needsReader) {
      reader.attach();
    }
    boolean needsObservers = ObserverLinks.areNeededBy(set);
    if (needsObservers) {
      observers.attach();
    }
    Set<SlotLabels.Label> before = Set.copyOf(maps.livePolicies());
    AppliedPolicy applied = writer.apply(set);
    if (!needsReader) {
      reader.detach();
    }
    if (!needsObservers) {
      observers.detach();
    }
    if (conductor != null) {
      conductor.policyChanged();
    }
    forgetObservations(before);
    return applied;
  }

  /**
   * What connections did under another spec, or in a row that was another policy's, says nothing.
   * The set is live by now, so whoever applied it must not be told that it was refused.
   */
  private void forgetObservations(Set<SlotLabels.Label> before) {
    Set<Integer> rows =
        maps.livePolicies().stream()
            .filter(label -> !before.contains(label))
            .map(SlotLabels.Label::row)
            .collect(Collectors.toSet());
    staleObservations = null;
    if (rows.isEmpty()) {
      return;
    }
    try (BpfMap observed = bpf.openMap(folder.pin(Abi.OBSERVED.name()));
        BpfMap blockers = bpf.openMap(folder.pin(Abi.BLOCKERS.name()))) {
      rows.forEach(row -> observed.delete(Abi.index(row)));
      MapEntries seen = blockers.readAll();
      for (int i = 0; i < seen.count(); i++) {
        if (rows.contains(Abi.wrap(seen.key(i)).getInt(Abi.BLOCKER_ROW))) {
          blockers.delete(seen.key(i));
        }
      }
    } catch (BpfException e) {
      staleObservations =
          "recommendations may speak of what was observed before a policy changed: "
              + e.getMessage();
    }
  }

  @Override
  public Insight insight() throws DatapathException {
    try {
      InsightReader insight;
      synchronized (this) {
        insight = new InsightReader(options, bpf::openMap, maps);
      }
      return insight.read();
    } catch (BpfException e) {
      throw new DatapathException("insight", e);
    } catch (UncheckedIOException | IllegalStateException e) {
      throw new DatapathException("insight", e);
    }
  }

  @Override
  public List<Connection> connections() throws DatapathException {
    try {
      ConnectionLister lister;
      synchronized (this) {
        lister = new ConnectionLister(folder, maps);
      }
      return lister.list();
    } catch (BpfException e) {
      throw new DatapathException("connections", e);
    } catch (UncheckedIOException | IllegalStateException e) {
      throw new DatapathException("connections", e);
    }
  }

  @Override
  public synchronized void conduct(double cpuShare, SpliceJudge judge, Consumer<String> notices)
      throws DatapathException {
    if (conductor != null) {
      return;
    }
    try {
      PinnedWalks opened =
          new PinnedWalks(
              folder,
              bpf.openMap(folder.pin(Abi.WORK.name())),
              bpf.openMap(folder.pin(Abi.YOUNG.name())),
              new ProgramVerdicts(bpf, folder, judge, notices));
      walks = opened;
      CpuShare share = new CpuShare(cpuShare);
      conductor = new Conductor(opened, options.settle(), share);
      // Whoever conducted before may have ended in the middle of a policy change.
      conductor.policyChanged();
      if (!retired.isEmpty()) {
        retirement = new Retirement(retired, share, conductor::policyChanged);
      }
    } catch (BpfException e) {
      throw new DatapathException("conduct", e);
    }
  }

  @Override
  public boolean drain(Duration atMost) throws DatapathException, InterruptedException {
    Conductor conducting;
    synchronized (this) {
      setDraining(true);
      conducting = conductor;
    }
    if (conducting == null) {
      throw new DatapathException(
          "drain", "expected a running conductor, found none; call conduct first");
    }
    return conducting.walkUntil(() -> acceleratedLive() == 0, atMost);
  }

  private synchronized long acceleratedLive() {
    return new CountersReader(maps.counters()).totals().acceleratedLive();
  }

  @Override
  public synchronized DatapathStatus status() throws DatapathException {
    try {
      List<String> problems = new ArrayList<>(reader.problems());
      problems.addAll(observers.problems());
      if (staleObservations != null) {
        problems.add(staleObservations);
      }
      if (conductor != null) {
        problems.addAll(conductor.problems());
      }
      if (walks != null) {
        problems.addAll(walks.problems());
      }
      if (retirement != null) {
        problems.addAll(retirement.problems());
      }
      return new StatusReader(maps).read(WatchLink.isOn(bpf, watchLink, cgroup), problems);
    } catch (BpfException e) {
      throw new DatapathException("status", e);
    } catch (UncheckedIOException | IllegalStateException e) {
      throw new DatapathException("status", e);
    }
  }

  @Override
  public synchronized void setDraining(boolean draining) throws DatapathException {
    try {
      new DatapathConfig(maps.config()).setDraining(draining);
    } catch (BpfException e) {
      throw new DatapathException("drain", e);
    }
    if (conductor != null) {
      conductor.policyChanged();
    }
  }

  @Override
  public Origin origin() {
    return origin;
  }

  @Override
  public void close() {
    Conductor conducting;
    Retirement retiring;
    synchronized (this) {
      conducting = conductor;
      retiring = retirement;
    }
    // Outside the monitor: the conductor's last walk may need it.
    if (retiring != null) {
      retiring.close();
    }
    if (conducting != null) {
      conducting.close();
    }
    closeHandles();
  }

  private synchronized void closeHandles() {
    if (walks != null) {
      walks.close();
    }
    retired.forEach(RetiredDatapath::close);
    writer.close();
    watchLink.close();
    maps.close();
    lock.close();
  }
}
