package dev.shunt.node.check;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What this process may do, from the effective set in /proc/self/status. */
record Capabilities(long effective) {

  private static final int NET_ADMIN = 12;
  private static final int SYS_ADMIN = 21;
  private static final int PERFMON = 38;
  private static final int BPF = 39;

  static Capabilities parse(String status) {
    for (String line : status.split("\n")) {
      if (line.startsWith("CapEff:")) {
        return new Capabilities(Long.parseUnsignedLong(line.substring(7).strip(), 16));
      }
    }
    throw new IllegalArgumentException("expected a line CapEff: in /proc/self/status, found none");
  }

  /** CAP_SYS_ADMIN stands in for CAP_BPF and CAP_PERFMON, as the kernel has it. */
  List<String> missing() {
    var missing = new ArrayList<String>();
    needed()
        .forEach(
            (name, number) -> {
              boolean covered = number != NET_ADMIN && has(SYS_ADMIN);
              if (!has(number) && !covered) {
                missing.add(name);
              }
            });
    return missing;
  }

  List<String> present() {
    var present = new ArrayList<String>();
    var all = new LinkedHashMap<>(needed());
    all.put("CAP_SYS_ADMIN", SYS_ADMIN);
    all.forEach(
        (name, number) -> {
          if (has(number)) {
            present.add(name);
          }
        });
    return present;
  }

  /**
   * Another network namespace is entered, and a missing bpf file system mounted, only with this
   * one.
   */
  boolean sysAdmin() {
    return has(SYS_ADMIN);
  }

  private boolean has(int number) {
    return (effective >> number & 1) == 1;
  }

  private static Map<String, Integer> needed() {
    var needed = new LinkedHashMap<String, Integer>();
    needed.put("CAP_BPF", BPF);
    needed.put("CAP_PERFMON", PERFMON);
    needed.put("CAP_NET_ADMIN", NET_ADMIN);
    return needed;
  }
}
