package dev.shunt.policy.compile;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.PortRange;
import java.util.Arrays;
import java.util.List;

/** Sweeps over the 65,536 ports once, from boundary to boundary of the ranges. */
final class PortClasses {

  static final int PORTS = 65_536;

  private PortClasses() {}

  /** The class of each port; {@code any} has the bits of the policies without ports. */
  static int[] compile(List<AccelerationPolicy> policies, long[] any, ClassTable classes) {
    // One long per range end: port, then policy, then whether it begins here, so that sorting them
    // sorts by port.
    long[] ends =
        new long
            [2 * policies.stream().mapToInt(policy -> policy.spec().match().ports().size()).sum()];
    int count = 0;
    for (int policy = 0; policy < policies.size(); policy++) {
      for (PortRange range : policies.get(policy).spec().match().ports()) {
        ends[count++] = end(range.first(), policy, true);
        ends[count++] = end(range.last() + 1, policy, false);
      }
    }
    Arrays.sort(ends);
    return sweep(ends, policies.size(), any.clone(), classes);
  }

  private static int[] sweep(long[] ends, int policies, long[] vector, ClassTable classes) {
    int[] ports = new int[PORTS];
    int[] open = new int[policies];
    int from = 0;
    int next = 0;
    while (from < PORTS) {
      while (next < ends.length && port(ends[next]) == from) {
        apply(ends[next++], open, vector);
      }
      int to = next < ends.length ? Math.min(port(ends[next]), PORTS) : PORTS;
      Arrays.fill(ports, from, to, classes.intern(vector));
      from = to;
    }
    return ports;
  }

  /**
   * Counts, because ranges of one policy may touch: the end of one is then the beginning of the
   * next.
   */
  private static void apply(long end, int[] open, long[] vector) {
    int policy = (int) (end >>> 1 & 0xffff);
    open[policy] += (end & 1) != 0 ? 1 : -1;
    if (open[policy] > 0) {
      Bits.set(vector, policy);
    } else {
      Bits.clear(vector, policy);
    }
  }

  private static long end(int port, int policy, boolean begins) {
    return (long) port << 17 | (long) policy << 1 | (begins ? 1 : 0);
  }

  private static int port(long end) {
    return (int) (end >>> 17);
  }
}
