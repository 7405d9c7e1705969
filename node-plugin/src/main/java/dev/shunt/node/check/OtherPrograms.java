package dev.shunt.node.check;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.KernelBpf.AttachType;
import dev.shunt.node.check.CheckLine.Effect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Programs of others that meet the same sockets: on the cgroup and its ancestors, whose programs
 * run for every socket below, and on sockmaps, of which a socket can be in one only.
 */
final class OtherPrograms {
  private static final String OURS = "shunt_";

  /** Of {@code enum bpf_prog_type}. */
  private static final Set<Integer> SOCKMAP_TYPES = Set.of(14, 16);

  private final KernelBpf bpf = new KernelBpf();
  private final Path root;
  private final Path cgroup;

  /**
   * @param root of the cgroup hierarchy
   * @param cgroup that Shunt attaches to
   */
  OtherPrograms(Path root, Path cgroup) {
    this.root = root;
    this.cgroup = cgroup;
  }

  List<CheckLine> lines() {
    return List.of(
        line(
            "sockops",
            "sockops programs on %s and its ancestors".formatted(cgroup),
            "they run beside Shunt's; one that puts sockets into a sockmap of its own keeps them from Shunt (kernel_refused)",
            () -> attached(AttachType.CGROUP_SOCK_OPS)),
        line(
            "packets",
            "programs that see packets of %s and its ancestors".formatted(cgroup),
            "redirected bytes are no packets and pass them by; give a Bypass policy to what they must see",
            () -> attached(AttachType.CGROUP_INGRESS, AttachType.CGROUP_EGRESS)),
        line(
            "sockmaps",
            "sk_msg and sk_skb programs of others on this machine",
            "a socket in one of their sockmaps stays out of Shunt's (kernel_refused)",
            this::sockmapPrograms));
  }

  private interface Search {
    Set<String> names();
  }

  private static CheckLine line(String name, String tried, String advice, Search search) {
    try {
      Set<String> found = search.names();
      return found.isEmpty()
          ? CheckLine.full(name, tried, "none but Shunt's")
          : new CheckLine(name, tried, String.join(", ", found), Effect.FULL, advice);
    } catch (BpfException e) {
      return new CheckLine(name, tried, "cannot be asked: " + e.getMessage(), Effect.FULL, "");
    }
  }

  private Set<String> attached(AttachType... types) {
    Set<String> found = new LinkedHashSet<>();
    for (Path at : lineage()) {
      try (BpfFd folder = bpf.openFolder(at)) {
        for (AttachType type : types) {
          for (int id : bpf.programsOf(folder, type)) {
            bpf.program(id)
                .filter(program -> !program.name().startsWith(OURS))
                .ifPresent(program -> found.add(program + " on " + at));
          }
        }
      }
    }
    return found;
  }

  /** The cgroup, its parent, and so on to the root. */
  private List<Path> lineage() {
    List<Path> lineage = new ArrayList<>();
    for (Path at = cgroup; at != null && at.startsWith(root); at = at.getParent()) {
      lineage.add(at);
    }
    return lineage;
  }

  private Set<String> sockmapPrograms() {
    Set<String> found = new LinkedHashSet<>();
    for (KernelBpf.Program program : bpf.programs()) {
      if (SOCKMAP_TYPES.contains(program.type()) && !program.name().startsWith(OURS)) {
        found.add(program.toString());
      }
    }
    return found;
  }
}
