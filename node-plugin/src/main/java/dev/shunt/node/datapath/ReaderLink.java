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
 * The tracepoint programs that see who uses a socket. Attached only while a live policy enrols by
 * Settled, because they run for every read and send by TCP of every socket of the host.
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
    try {
      attach(Abi.READER, PinFolder.READER_LINK);
      if (folder.has(Abi.SENDER)) {
        attach(Abi.SENDER, PinFolder.SENDER_LINK);
      }
      problem = null;
    } catch (BpfException e) {
      problem =
          "no connection is enrolled by Settled, for who uses a socket cannot be seen: "
              + e.getMessage();
    }
  }

  private void attach(String program, String pin) {
    if (folder.has(pin)) {
      return;
    }
    try (BpfFd code = bpf.open(folder.pin(program));
        BpfFd link = bpf.linkToTracepoint(code)) {
      bpf.pin(link, folder.pin(pin));
    }
  }

  void detach() {
    BpfFileSystem.unpin(folder.pin(PinFolder.READER_LINK));
    BpfFileSystem.unpin(folder.pin(PinFolder.SENDER_LINK));
    problem = null;
  }

  List<String> problems() {
    String found = problem;
    return found == null ? List.of() : List.of(found);
  }
}
