package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.FolderLock;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.nio.file.Path;

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
  private final Origin origin;

  KernelDatapath(
      KernelBpf bpf,
      FolderLock lock,
      DatapathMaps maps,
      BpfFd watchLink,
      Path cgroup,
      ApplyStep.Listener listener,
      Origin origin) {
    this.bpf = bpf;
    this.lock = lock;
    this.maps = maps;
    this.watchLink = watchLink;
    this.cgroup = cgroup;
    this.writer = new PolicyWriter(bpf, maps, listener, System::nanoTime);
    this.origin = origin;
  }

  @Override
  public synchronized AppliedPolicy apply(CompiledPolicySet set) throws DatapathException {
    return writer.apply(set);
  }

  @Override
  public synchronized DatapathStatus status() throws DatapathException {
    try {
      return new StatusReader(maps).read(WatchLink.isOn(bpf, watchLink, cgroup));
    } catch (BpfException e) {
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
  }

  @Override
  public Origin origin() {
    return origin;
  }

  @Override
  public synchronized void close() {
    writer.close();
    watchLink.close();
    maps.close();
    lock.close();
  }
}
