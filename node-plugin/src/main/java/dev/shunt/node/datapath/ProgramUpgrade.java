package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfFileSystem;
import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfObject;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.MapSpec;
import java.nio.file.Path;
import java.util.Locale;

/**
 * New programs on the maps that are there, for a version that has the same layout. Policies,
 * counters and enrolled connections stay as they are. A socket keeps the sk_msg program it was
 * enrolled with until it leaves the sockhash; it works on the same maps, so nothing is lost and old
 * and new sockets redirect to each other.
 *
 * <p>Every step replaces something at once and may be done again. Until the last one the record
 * names no programs, so that whoever starts next, of whatever version, begins anew.
 */
final class ProgramUpgrade {
  /** In order. The verifier has its say before anything is changed. */
  enum Step {
    LOAD,
    BEGIN,
    PIN_PROGRAMS,
    ATTACH_REDIRECT,
    ATTACH_ITERATORS,
    ATTACH_WATCH,
    ATTACH_TRACEPOINTS,
    COMPLETE;

    String code() {
      return "upgrade." + name().toLowerCase(Locale.ROOT);
    }

    /** Told before each step; a test may throw to simulate a crash there. */
    interface Listener {
      void before(Step step);
    }
  }

  private final KernelBpf bpf;
  private final PinFolder folder;
  private final DatapathOptions options;
  private final ShuntObject object;
  private final Step.Listener listener;
  private Step step = Step.LOAD;

  ProgramUpgrade(
      KernelBpf bpf,
      PinFolder folder,
      DatapathOptions options,
      ShuntObject object,
      Step.Listener listener) {
    this.bpf = bpf;
    this.folder = folder;
    this.options = options;
    this.object = object;
    this.listener = listener;
  }

  /**
   * @return false when a pinned map has another shape than the new programs want, although its
   *     layout has the same number; nothing is changed then
   */
  boolean run() throws DatapathException {
    try (BpfObject programs = BpfObject.open(object.elf())) {
      enter(Step.LOAD);
      options.fit(programs, bpf);
      for (String map : programs.mapNames()) {
        // Maps with a dot hold the constants of these very programs.
        if (map.indexOf('.') < 0 && folder.has(map) && !reuse(programs, map)) {
          return false;
        }
      }
      programs.load();
      replace(programs);
      return true;
    } catch (BpfException e) {
      throw new DatapathException(step.code(), e);
    }
  }

  private boolean reuse(BpfObject programs, String name) {
    MapSpec wanted = programs.mapSpec(name);
    try (BpfMap pinned = bpf.openMap(folder.pin(name))) {
      programs.reuse(name, pinned);
      return pinned.spec().equals(wanted);
    }
  }

  private void replace(BpfObject programs) {
    try (BpfMap meta = bpf.openMap(folder.pin(PinFolder.META))) {
      InstallRecord record = InstallRecord.read(meta);
      enter(Step.BEGIN);
      record.inTransition().write(meta);
      enter(Step.PIN_PROGRAMS);
      for (String map : programs.mapNames()) {
        if (map.indexOf('.') < 0 && !folder.has(map)) {
          programs.pinMap(map, folder.pin(map));
        }
      }
      for (String program : programs.programNames()) {
        Path beside = folder.pin(program + Attachments.NEW);
        BpfFileSystem.unpin(beside);
        programs.pinProgram(program, beside);
        BpfFileSystem.rename(beside, folder.pin(program));
      }
      attach();
      enter(Step.COMPLETE);
      record.with(object.digest(), options.agentVersion()).write(meta);
    }
  }

  private void attach() {
    Attachments attachments = new Attachments(bpf, folder, options.cgroup());
    enter(Step.ATTACH_REDIRECT);
    attachments.redirect();
    enter(Step.ATTACH_ITERATORS);
    attachments.iterators();
    enter(Step.ATTACH_WATCH);
    attachments.watch();
    enter(Step.ATTACH_TRACEPOINTS);
    attachments.tracepointsThatAreAttached();
  }

  private void enter(Step next) {
    step = next;
    listener.before(next);
  }
}
