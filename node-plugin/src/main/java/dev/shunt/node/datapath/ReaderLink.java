package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.BpfFileSystem;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.policy.Action;
import dev.shunt.policy.Enrolment;
import dev.shunt.policy.Mode;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tracepoint program that sees how sockets are read. Attached only while a live policy enrols
 * by Settled, because it runs for every read of every socket of the host.
 */
final class ReaderLink {
  private final KernelBpf bpf;
  private final PinFolder folder;
  private @Nullable String problem;

  ReaderLink(KernelBpf bpf, PinFolder folder) {
    this.bpf = bpf;
    this.folder = folder;
  }

  static boolean isNeededBy(CompiledPolicySet set) {
    return set.policies().stream()
        .anyMatch(
            p ->
                p.action() == Action.ACCELERATE
                    && (p.enrolment() == Enrolment.SETTLED || p.mode() == Mode.OBSERVE));
  }

  /**
   * Where the kernel refuses, Settled enrols nobody ({@link DatapathConfig#write}), which {@link
   * #problem} says.
   */
  void attach() {
    if (folder.has(PinFolder.READER_LINK)) {
      return;
    }
    try (BpfFd program = bpf.open(folder.pin(Abi.READER));
        BpfFd link = bpf.linkToTracepoint(program)) {
      bpf.pin(link, folder.pin(PinFolder.READER_LINK));
      problem = null;
    } catch (BpfException e) {
      problem =
          "no connection is enrolled by Settled, for how sockets are read cannot be seen: "
              + e.getMessage();
    }
  }

  void detach() {
    BpfFileSystem.unpin(folder.pin(PinFolder.READER_LINK));
    problem = null;
  }

  List<String> problems() {
    String found = problem;
    return found == null ? List.of() : List.of(found);
  }
}
