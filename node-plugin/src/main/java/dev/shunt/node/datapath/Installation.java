package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfObject;
import dev.shunt.node.bpf.KernelBpf;
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
      Attachments attachments = new Attachments(bpf, folder, options.cgroup());
      enter(InstallStep.ATTACH_REDIRECT);
      attachments.redirect();
      enter(InstallStep.ATTACH_CONDUCTOR);
      attachments.iterators();
      enter(InstallStep.ATTACH_WATCH);
      attachments.watch();
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
      options.size(programs);
      Abi.skipWhatThisKernelLacks(bpf, programs);
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
