package dev.shunt.node.programs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Whether this process can look at the processes of its host, which judging programs takes. */
public final class HostProcesses {
  private static final Path PROC = Path.of("/proc/self");

  /** {@code PROC_PID_INIT_INO} of include/linux/proc_ns.h, the same in every kernel. */
  private static final long INITIAL_NAMESPACE = 0xEFFF_FFFCL;

  private static final int SYS_PTRACE = 19;

  private HostProcesses() {}

  /** What is in the way and what to do about it; null when nothing is. */
  public static @Nullable String obstacle() {
    try {
      if (!inInitialNamespace()) {
        return "it runs in a PID namespace of its own; give its container the host's (--pid=host,"
            + " in Compose pid: host, in Kubernetes hostPID: true) and the capability SYS_PTRACE";
      }
      return mayLook()
          ? null
          : "it lacks the capability SYS_PTRACE, without which files of a process with other rights"
              + " cannot be read; give it that";
    } catch (IOException e) {
      return "its own entry in /proc cannot be read (" + e.getMessage() + "); mount /proc";
    }
  }

  /** Else this process is in a container of its own. */
  public static boolean inInitialNamespace() throws IOException {
    return Files.getAttribute(PROC.resolve("ns/pid"), "unix:ino").equals(INITIAL_NAMESPACE);
  }

  private static boolean mayLook() throws IOException {
    return Files.readAllLines(PROC.resolve("status")).stream()
        .filter(line -> line.startsWith("CapEff:"))
        .map(line -> Long.parseUnsignedLong(line.substring("CapEff:".length()).strip(), 16))
        .anyMatch(effective -> (effective >> SYS_PTRACE & 1) == 1);
  }
}
