package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfObject;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.KernelBpf.AttachType;
import dev.shunt.node.bpf.MapEntries;
import dev.shunt.node.datapath.DatapathStatus.Counters;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The programs and maps of an installation, without a pin: they end with this handle or with its
 * process, however that ends. For trying out what this kernel does with them; nobody tends
 * connections but {@link #walk}. One thread.
 */
public final class PrivateDatapath implements AutoCloseable {
  private static final int MAX_SOCKETS = 64;

  private final KernelBpf bpf = new KernelBpf();
  private final List<AutoCloseable> held = new ArrayList<>();
  private final BpfObject object;
  private boolean links = true;
  private @Nullable String readerProblem;
  private @Nullable String iteratorProblem;
  private @Nullable DatapathMaps maps;
  private @Nullable BpfFd conductor;
  private @Nullable BpfFd report;

  private PrivateDatapath(BpfObject object) {
    this.object = object;
  }

  /**
   * @throws DatapathException {@code probe.load} with the verifier's log, or {@code probe.attach}
   */
  public static PrivateDatapath open(Path cgroup) throws DatapathException {
    PrivateDatapath datapath =
        new PrivateDatapath(BpfObject.open(ShuntObject.ofThisVersion().elf()));
    String step = "probe.load";
    try {
      DatapathOptions options =
          new DatapathOptions(
              cgroup,
              DatapathOptions.DEFAULT_PIN_FOLDER,
              MAX_SOCKETS,
              Duration.ZERO,
              DatapathOptions.DEFAULT_NODE_BUDGET_BYTES,
              "probe");
      options.fit(datapath.object, datapath.bpf);
      datapath.object.load();
      step = "probe.attach";
      datapath.attach(options);
      return datapath;
    } catch (BpfException e) {
      datapath.close();
      throw new DatapathException(step, e);
    } catch (RuntimeException e) {
      datapath.close();
      throw e;
    }
  }

  private void attach(DatapathOptions options) {
    DatapathMaps opened = DatapathMaps.open(this::mapOrOwn);
    held.add(opened);
    maps = opened;
    new DatapathConfig(opened.config()).write(options);
    toSockets(Abi.REDIRECT, Abi.SOCKETS, AttachType.SK_MSG_VERDICT);
    toSockets(Abi.REDIRECT, Abi.POLLERS, AttachType.SK_MSG_VERDICT);
    toSockets(Abi.ONE_QUEUE, Abi.POLLERS, AttachType.SK_SKB_STREAM_VERDICT);
    attachReader();
    attachIterators();
    try (BpfFd program = object.openProgram(Abi.WATCH);
        BpfFd folder = bpf.openFolder(options.cgroup())) {
      held.add(bpf.linkToCgroup(program, folder));
    }
  }

  private BpfMap mapOrOwn(String name) {
    return DatapathMaps.OWN.stream()
        .filter(spec -> spec.name().equals(name))
        .findFirst()
        .map(bpf::create)
        .orElseGet(() -> object.openMap(name));
  }

  private void toSockets(String program, String sockhash, AttachType type) {
    try (BpfFd code = object.openProgram(program)) {
      BpfMap sockets = object.openMap(sockhash);
      held.add(sockets);
      try {
        held.add(bpf.linkToSockets(code, sockets, type));
      } catch (BpfException e) {
        bpf.attachToSockets(code, sockets, type);
        links = false;
      }
    }
  }

  private void attachReader() {
    try {
      attachTracepoint(Abi.READER);
      if (object.programNames().contains(Abi.SENDER)) {
        attachTracepoint(Abi.SENDER);
      }
    } catch (BpfException e) {
      readerProblem = e.getMessage();
    }
  }

  private void attachTracepoint(String name) {
    try (BpfFd program = object.openProgram(name)) {
      held.add(bpf.linkToTracepoint(program));
    }
  }

  private void attachIterators() {
    try (BpfFd walker = object.openProgram(Abi.CONDUCTOR);
        BpfFd reporter = object.openProgram(Abi.REPORT)) {
      BpfFd first = bpf.linkIterator(walker);
      held.add(first);
      BpfFd second = bpf.linkIterator(reporter);
      held.add(second);
      conductor = first;
      report = second;
    } catch (BpfException e) {
      iteratorProblem = e.getMessage();
    }
  }

  /** Whether this kernel attaches to sockhashes by links. */
  public boolean hasSocketLinks() {
    return links;
  }

  /** Why it cannot be seen how sockets are read; null when it can. */
  public @Nullable String readerProblem() {
    return readerProblem;
  }

  /** Why sockets cannot be walked; null when they can. */
  public @Nullable String iteratorProblem() {
    return iteratorProblem;
  }

  public void apply(CompiledPolicySet set) throws DatapathException {
    try (PolicyWriter writer = new PolicyWriter(bpf, maps(), step -> {}, System::nanoTime)) {
      writer.apply(set);
    }
  }

  /** One visit of every socket in the calling thread's network namespace. */
  public void walk() {
    trustAskedPrograms();
    read(conductor);
  }

  /** The only process that uses connections here is this one, which never splices them. */
  private void trustAskedPrograms() {
    try (BpfMap asked = object.openMap(Abi.ASKED);
        BpfMap programs = object.openMap(Abi.PROGRAMS)) {
      MapEntries questions = asked.readAll();
      for (int i = 0; i < questions.count(); i++) {
        programs.put(questions.key(i), Abi.index(ProgramVerdicts.NEVER_SPLICES), BpfMap.Put.ANY);
      }
    }
  }

  /** Exact, for what the calling thread's network namespace holds. */
  public Counters counters() {
    read(report);
    return new CountersReader(maps().counters()).totals();
  }

  public void drain() {
    new DatapathConfig(maps().config()).setDraining(true);
  }

  /** Whether nobody is enrolled. */
  public boolean isDrained() {
    return isEmpty(Abi.SOCKETS) && isEmpty(Abi.POLLERS);
  }

  private boolean isEmpty(String sockhash) {
    try (BpfMap sockets = object.openMap(sockhash)) {
      return sockets.isEmpty();
    }
  }

  private void read(@Nullable BpfFd iterator) {
    if (iterator != null) {
      bpf.walk(iterator);
    }
  }

  private DatapathMaps maps() {
    DatapathMaps opened = maps;
    if (opened == null) {
      throw new IllegalStateException("not attached");
    }
    return opened;
  }

  @Override
  public void close() {
    for (int i = held.size() - 1; i >= 0; i--) {
      close(held.get(i));
    }
    held.clear();
    object.close();
  }

  private static void close(AutoCloseable one) {
    try {
      one.close();
    } catch (Exception e) {
      throw new IllegalStateException("closing a descriptor does not fail", e);
    }
  }
}
