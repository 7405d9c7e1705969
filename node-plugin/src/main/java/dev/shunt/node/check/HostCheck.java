package dev.shunt.node.check;

import dev.shunt.node.bpf.BpfFileSystem;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.LibbpfMissingException;
import dev.shunt.node.bpf.MountTable;
import dev.shunt.node.check.CheckLine.Effect;
import dev.shunt.node.programs.HostProcesses;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Looks at the machine this process runs on, then tries the programs on it; leaves nothing. */
public final class HostCheck {

  private static final String PSOCK = "sk_psock";
  private static final String ASYNCHRONOUS_QUEUE = "sk_psock.backlog_msg";
  private static final String TCP_ITERATOR = "bpf_iter__tcp";
  private static final String CAST = "bpf_cast_to_kern_ctx";

  private static final String RELEASE = System.getProperty("os.version", "");

  private final @Nullable Path cgroup;
  private final Path pinFolder;
  private final Path kernelTypes;
  private final String release;
  private final List<CheckLine> lines = new ArrayList<>();

  private HostCheck(@Nullable Path cgroup, Path pinFolder, Path kernelTypes, String release) {
    this.cgroup = cgroup;
    this.pinFolder = pinFolder;
    this.kernelTypes = kernelTypes;
    this.release = release;
  }

  /**
   * Checks everything that can be seen without loading a program, then loads them ({@link Probe}).
   *
   * @param cgroup null for the root of the hierarchy
   */
  public static CheckReport run(@Nullable Path cgroup, Path pinFolder) throws InterruptedException {
    return run(cgroup, pinFolder, KernelTypes.VMLINUX, RELEASE);
  }

  /**
   * @param kernelTypes in BTF
   * @param release as uname says
   */
  static CheckReport run(@Nullable Path cgroup, Path pinFolder, Path kernelTypes, String release)
      throws InterruptedException {
    var check = new HostCheck(cgroup, pinFolder, kernelTypes, release);
    Capabilities capabilities = check.capabilities();
    check.kernel();
    check.types();
    check.bpfFileSystem(capabilities);
    check.processes();
    boolean libbpf = check.libbpf();
    Path attachTo = check.cgroup();
    if (attachTo != null && libbpf) {
      Path root = Objects.requireNonNull(MountTable.read().cgroup2());
      check.lines.addAll(new OtherPrograms(root, attachTo).lines());
    }
    // What lacks the basics cannot be tried.
    if (new CheckReport(check.lines).fit()) {
      check.lines.addAll(Probe.run());
      check.lines.addAll(unproven(release, check.lines));
    }
    return new CheckReport(check.lines);
  }

  /** What speaks against the kernel itself, without loading a program; empty when nothing does. */
  public static List<String> kernelRefusals() {
    var check = new HostCheck(null, Path.of(""), KernelTypes.VMLINUX, RELEASE);
    check.kernel();
    check.types();
    return new CheckReport(check.lines).refusals();
  }

  private Capabilities capabilities() {
    String tried = "effective capabilities in /proc/self/status";
    Capabilities capabilities = new Capabilities(0);
    try {
      capabilities = Capabilities.parse(Files.readString(Path.of("/proc/self/status")));
    } catch (IOException | IllegalArgumentException e) {
      lines.add(
          CheckLine.refuse(
              "capabilities", tried, "cannot be read: " + e.getMessage(), "mount /proc"));
      return capabilities;
    }
    List<String> missing = capabilities.missing();
    lines.add(
        missing.isEmpty()
            ? CheckLine.full("capabilities", tried, String.join(" ", capabilities.present()))
            : CheckLine.refuse(
                "capabilities",
                tried,
                "missing " + String.join(" ", missing),
                "run as root, or grant them; in a container, add SYS_ADMIN (it stands in for BPF and PERFMON) and NET_ADMIN"));
    return capabilities;
  }

  private void kernel() {
    String tried = "kernel release, floor " + KernelRelease.floor();
    KernelRelease found = KernelRelease.parse(release);
    if (found == null || found.isTooOld()) {
      lines.add(
          CheckLine.refuse(
              "kernel",
              tried,
              release
                  + ": BPF programs cannot look into sockets there as Shunt has to (since Linux 6.2)",
              "use Linux "
                  + KernelRelease.floor()
                  + "; Debian 12 has one: apt-get install -t bookworm-backports linux-image-amd64"));
      return;
    }
    if (!found.backlogIsReadable()) {
      lines.add(
          CheckLine.full(
              "kernel", tried, release + ": whether it was given the fix, line backlog tells"));
      return;
    }
    KernelRelease better = found.recommended();
    lines.add(
        new CheckLine(
            "kernel",
            tried,
            release,
            Effect.FULL,
            better == null ? "" : "works; " + better + " has fixes worth having"));
  }

  /** A kernel whose number does not tell that it bounds memory has to have shown it. */
  static List<CheckLine> unproven(String release, List<CheckLine> lines) {
    KernelRelease kernel = KernelRelease.parse(release);
    if (kernel == null
        || kernel.backlogIsReadable()
        || lines.stream().anyMatch(line -> line.name().equals("backlog"))) {
      return List.of();
    }
    return List.of(
        CheckLine.refuse(
            "backlog",
            "whether an unread message was seen by the next send",
            "could not be tried on " + release + ", so memory might be unbounded",
            "give the check what its other lines miss, or use Linux " + KernelRelease.floor()));
  }

  private void types() {
    String tried = "type information in " + kernelTypes;
    Set<String> found;
    try {
      found =
          KernelTypes.read(kernelTypes)
              .present(Set.of(PSOCK, ASYNCHRONOUS_QUEUE, TCP_ITERATOR, CAST));
    } catch (IOException e) {
      lines.add(
          CheckLine.refuse(
              "btf", tried, "cannot be read: " + e, "use a kernel with CONFIG_DEBUG_INFO_BTF=y"));
      return;
    }
    require(found, PSOCK, "sockmap", "use a kernel with CONFIG_BPF_SYSCALL and CONFIG_INET");
    require(found, CAST, "cast", "use Linux 6.2 or newer");
    require(
        found, TCP_ITERATOR, "iterator", "use a kernel with CONFIG_BPF_SYSCALL and CONFIG_INET");
    String queue = "no member backlog_msg in struct sk_psock";
    lines.add(
        found.contains(ASYNCHRONOUS_QUEUE)
            ? CheckLine.refuse(
                "queue",
                queue,
                "this kernel queues redirected messages asynchronously, so TCP data could overtake them",
                "wait for a version of Shunt that supports it")
            : CheckLine.full("queue", queue, "redirected messages are queued at once"));
  }

  private void require(Set<String> found, String name, String line, String advice) {
    String tried = name + " in the kernel's types";
    lines.add(
        found.contains(name)
            ? CheckLine.full(line, tried, "present")
            : CheckLine.refuse(line, tried, "absent", advice));
  }

  private void bpfFileSystem(Capabilities capabilities) {
    String tried = "bpf file system around " + pinFolder;
    if (BpfFileSystem.isReadOnlyAround(pinFolder)) {
      lines.add(
          CheckLine.refuse(
              "bpffs", tried, "mounted read-only", "mount it so that it can be written"));
    } else if (BpfFileSystem.isAround(pinFolder)) {
      lines.add(CheckLine.full("bpffs", tried, "mounted"));
    } else if (capabilities.sysAdmin() && pinFolder.startsWith("/sys/fs/bpf") && !isInContainer()) {
      lines.add(CheckLine.full("bpffs", tried, "not mounted; Shunt mounts it when it installs"));
    } else {
      // One that is mounted inside a container ends with it, pins and unread data of open
      // connections included.
      lines.add(
          CheckLine.refuse(
              "bpffs",
              tried,
              "not mounted",
              "mount one there, with: mount -t bpf bpf /sys/fs/bpf; in a container, bind the host's /sys/fs/bpf"));
    }
  }

  private void processes() {
    String tried = "PID namespace and CAP_SYS_PTRACE";
    String obstacle = HostProcesses.obstacle();
    lines.add(
        obstacle == null
            ? CheckLine.full("processes", tried, "those of the host can be looked at")
            : new CheckLine(
                "processes",
                tried,
                "Settled enrols only whose program was looked at",
                Effect.HANDSHAKE_ONLY,
                obstacle));
  }

  private static boolean isInContainer() {
    try {
      return !HostProcesses.inInitialNamespace();
    } catch (IOException e) {
      return false;
    }
  }

  private boolean libbpf() {
    String tried = "libbpf.so.1";
    try {
      lines.add(CheckLine.full("libbpf", tried, "version " + new KernelBpf().libraryVersion()));
      return true;
    } catch (LibbpfMissingException e) {
      lines.add(CheckLine.refuse("libbpf", tried, "not usable", String.valueOf(e.getMessage())));
      return false;
    }
  }

  /** Null when there is nothing to attach to. */
  private @Nullable Path cgroup() {
    Path root = MountTable.read().cgroup2();
    String tried = "cgroup v2 hierarchy in /proc/self/mountinfo";
    if (root == null) {
      lines.add(
          CheckLine.refuse(
              "cgroup",
              tried,
              "not mounted",
              "mount it, for example with: mount -t cgroup2 none /sys/fs/cgroup; in a container, bind the host's /sys/fs/cgroup"));
      return null;
    }
    if (cgroup == null && !isHierarchyRoot(root)) {
      lines.add(
          CheckLine.refuse(
              "cgroup",
              tried,
              root + " is only this container's own cgroup, so no other container would be watched",
              "bind the host's /sys/fs/cgroup into the container, or give a cgroup with --cgroup"));
      return null;
    }
    Path attachTo = cgroup == null ? root : cgroup;
    if (!Files.isDirectory(attachTo) || !attachTo.startsWith(root)) {
      lines.add(
          CheckLine.refuse(
              "cgroup",
              tried,
              attachTo + " is not a folder of the hierarchy at " + root,
              "give one with --cgroup"));
      return null;
    }
    lines.add(CheckLine.full("cgroup", tried, "attaches to " + attachTo));
    return attachTo;
  }

  /**
   * In kernfs the root has inode number 1; in a cgroup namespace the mount's root is another
   * folder.
   */
  private static boolean isHierarchyRoot(Path mountPoint) {
    try {
      return Files.getAttribute(mountPoint, "unix:ino").equals(1L);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot look at " + mountPoint, e);
    }
  }
}
