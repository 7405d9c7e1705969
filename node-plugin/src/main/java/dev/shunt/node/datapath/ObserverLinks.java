package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.BpfFileSystem;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.policy.Action;
import dev.shunt.policy.Mode;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tracepoint programs that see what is sent and received. Attached only while a live policy
 * observes, because they run for every send and receive of every socket of the host.
 */
final class ObserverLinks {
  private static final Map<String, String> PINS =
      Map.of(
          Abi.SEEN_SEND, PinFolder.SEEN_SEND_LINK,
          Abi.SEEN_RECV, PinFolder.SEEN_RECV_LINK);

  private final KernelBpf bpf;
  private final PinFolder folder;
  private @Nullable String problem;

  ObserverLinks(KernelBpf bpf, PinFolder folder) {
    this.bpf = bpf;
    this.folder = folder;
  }

  static boolean areNeededBy(CompiledPolicySet set) {
    return set.policies().stream()
        .anyMatch(p -> p.action() == Action.ACCELERATE && p.mode() == Mode.OBSERVE);
  }

  /** Where the kernel refuses, Observe only counts connections, which {@link #problems} says. */
  void attach() {
    PINS.forEach(this::attach);
  }

  private void attach(String program, String pin) {
    if (folder.has(pin)) {
      return;
    }
    try (BpfFd code = bpf.open(folder.pin(program));
        BpfFd link = bpf.linkToTracepoint(code)) {
      bpf.pin(link, folder.pin(pin));
    } catch (BpfException e) {
      problem = "mode: Observe cannot see what is sent and received: " + e.getMessage();
    }
  }

  void detach() {
    PINS.values().forEach(pin -> BpfFileSystem.unpin(folder.pin(pin)));
    problem = null;
  }

  List<String> problems() {
    String found = problem;
    return found == null ? List.of() : List.of(found);
  }
}
