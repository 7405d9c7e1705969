package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfObject;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.KernelBpf.AttachType;
import dev.shunt.node.bpf.MapSpec;

/** One attempt to load, pin and attach into an empty, locked pin folder. */
final class Installation {
  private final KernelBpf bpf;
  private final PinFolder folder;
  private final DatapathOptions options;
  private final ShuntObject object;
  private final InstallStep.Listener listener;
  private InstallStep step = InstallStep.PIN_META;

  Installation(
      KernelBpf bpf,
      PinFolder folder,
      DatapathOptions options,
      ShuntObject object,
      InstallStep.Listener listener) {
    this.bpf = bpf;
    this.folder = folder;
    this.options = options;
    this.object = object;
    this.listener = listener;
  }

  void run() throws DatapathException {
    try {
      InstallRecord record = pinMeta();
      loadAndPin();
      configure();
      attachRedirect();
      attachConductor();
      attachWatch();
      complete(record);
    } catch (BpfException e) {
      throw new DatapathException(step.code(), e);
    }
  }

  private InstallRecord pinMeta() {
    enter(InstallStep.PIN_META);
    InstallRecord record =
        new InstallRecord(
            Abi.LAYOUT_VERSION,
            false,
            object.digest(),
            options.maxSockets(),
            options.cgroup().toString(),
            options.agentVersion());
    try (BpfMap meta = bpf.create(InstallRecord.SPEC)) {
      record.write(meta);
      bpf.pin(meta, folder.pin(PinFolder.META));
    }
    return record;
  }

  private void loadAndPin() {
    enter(InstallStep.LOAD);
    try (BpfObject programs = BpfObject.open(object.elf())) {
      programs.setMaxEntries(Abi.SOCKETS, options.maxSockets());
      programs.setMaxEntries(Abi.POLLERS, options.maxSockets());
      programs.setMaxEntries(Abi.BONDS, options.maxSockets() / 2);
      programs.load();
      enter(InstallStep.PIN_MAPS);
      for (String map : programs.mapNames()) {
        // Maps with a dot hold the programs' constants; the programs keep them alive.
        if (map.indexOf('.') < 0) {
          programs.pinMap(map, folder.pin(map));
        }
      }
      for (MapSpec spec : DatapathMaps.OWN) {
        if (!spec.equals(InstallRecord.SPEC)) {
          try (BpfMap map = bpf.create(spec)) {
            bpf.pin(map, folder.pin(spec.name()));
          }
        }
      }
      enter(InstallStep.PIN_PROGRAMS);
      for (String program : programs.programNames()) {
        programs.pinProgram(program, folder.pin(program));
      }
    }
  }

  private void configure() {
    enter(InstallStep.CONFIGURE);
    try (BpfMap config = bpf.openMap(folder.pin(Abi.CONFIG.name()))) {
      new DatapathConfig(config).write(options);
    }
  }

  private void attachRedirect() {
    enter(InstallStep.ATTACH_REDIRECT);
    attach(Abi.REDIRECT, Abi.SOCKETS, AttachType.SK_MSG_VERDICT, PinFolder.REDIRECT_LINK);
    attach(Abi.REDIRECT, Abi.POLLERS, AttachType.SK_MSG_VERDICT, PinFolder.REDIRECT_LINK);
    attach(Abi.ONE_QUEUE, Abi.POLLERS, AttachType.SK_SKB_STREAM_VERDICT, PinFolder.ONE_QUEUE_LINK);
  }

  /**
   * By a link where the kernel, from 6.10, has them for sockhashes; else the map itself holds the
   * program.
   */
  private void attach(String program, String sockhash, AttachType type, String pin) {
    try (BpfFd code = bpf.open(folder.pin(program));
        BpfMap sockets = bpf.openMap(folder.pin(sockhash))) {
      try (BpfFd link = bpf.linkToSockets(code, sockets, type)) {
        bpf.pin(link, folder.pin(sockhash + pin));
      } catch (BpfException e) {
        if (!e.errnoName().equals("EINVAL") && !e.errnoName().equals("EOPNOTSUPP")) {
          throw e;
        }
        bpf.attachToSockets(code, sockets, type);
      }
    }
  }

  private void attachConductor() {
    enter(InstallStep.ATTACH_CONDUCTOR);
    pinIterator(Abi.CONDUCTOR, PinFolder.CONDUCTOR_ITERATOR);
    pinIterator(Abi.ADOPTER, PinFolder.ADOPTER_ITERATOR);
    pinIterator(Abi.REPORT, PinFolder.REPORT_ITERATOR);
    pinIterator(Abi.FLOWS, PinFolder.FLOWS_ITERATOR);
  }

  private void pinIterator(String program, String pin) {
    try (BpfFd fd = bpf.open(folder.pin(program));
        BpfFd link = bpf.linkIterator(fd)) {
      bpf.pin(link, folder.pin(pin));
    }
  }

  private void attachWatch() {
    enter(InstallStep.ATTACH_WATCH);
    try (BpfFd program = bpf.open(folder.pin(Abi.WATCH));
        BpfFd cgroup = bpf.openFolder(options.cgroup());
        BpfFd link = bpf.linkToCgroup(program, cgroup)) {
      bpf.pin(link, folder.pin(PinFolder.WATCH_LINK));
    }
  }

  private void complete(InstallRecord record) {
    enter(InstallStep.COMPLETE);
    try (BpfMap meta = bpf.openMap(folder.pin(PinFolder.META))) {
      record.completed().write(meta);
    }
  }

  private void enter(InstallStep next) {
    step = next;
    listener.before(next);
  }
}
