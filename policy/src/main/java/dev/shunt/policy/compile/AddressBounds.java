package dev.shunt.policy.compile;

import dev.shunt.policy.Cidr;
import dev.shunt.policy.IpAddress;
import dev.shunt.policy.IpAddress.Family;
import dev.shunt.policy.compile.CompiledPolicySet.Prefix;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The addresses of one family at which another class begins, ascending. Before the first, the class
 * is that of an address nobody names. Immutable and thread-safe.
 */
public final class AddressBounds {

  private final int anyClass;

  /** Each bound as two unsigned numbers and the class that begins there. */
  private final long[] high;

  private final long[] low;
  private final int[] classes;
  private int count;

  /** Room for as many: each network begins once and ends once. */
  private AddressBounds(int anyClass, int networks) {
    this.anyClass = anyClass;
    this.high = new long[2 * networks];
    this.low = new long[2 * networks];
    this.classes = new int[2 * networks];
  }

  /**
   * @param prefixes parents before their children, as {@link CompiledPolicySet.Prefixes} has them
   */
  static AddressBounds of(List<Prefix> prefixes, Family family, int anyClass) {
    AddressBounds bounds = new AddressBounds(anyClass, prefixes.size());
    Deque<Prefix> around = new ArrayDeque<>();
    for (Prefix prefix : prefixes) {
      while (!around.isEmpty() && !around.peek().cidr().contains(prefix.cidr())) {
        bounds.leave(family, around);
      }
      IpAddress first = prefix.cidr().base();
      bounds.begin(first.high(), first.low(), prefix.classId());
      around.push(prefix);
    }
    while (!around.isEmpty()) {
      bounds.leave(family, around);
    }
    return bounds;
  }

  /** Behind the last address of the innermost network, the one around it goes on. */
  private void leave(Family family, Deque<Prefix> around) {
    Cidr left = around.pop().cidr();
    int hostBits = family.bits() - left.prefixLength();
    long nextHigh = left.base().high();
    long nextLow;
    if (hostBits >= Long.SIZE) {
      nextLow = 0;
      nextHigh = hostBits == 2 * Long.SIZE ? 0 : nextHigh + (1L << hostBits - Long.SIZE);
    } else {
      nextLow = left.base().low() + (1L << hostBits);
      nextHigh += family == Family.V6 && nextLow == 0 ? 1 : 0;
    }
    boolean ended = family == Family.V4 ? nextLow >>> 32 != 0 : nextHigh == 0 && nextLow == 0;
    if (!ended) {
      begin(nextHigh, nextLow, around.isEmpty() ? anyClass : around.peek().classId());
    }
  }

  private void begin(long nextHigh, long nextLow, int classId) {
    if (count > 0 && high[count - 1] == nextHigh && low[count - 1] == nextLow) {
      count--;
    }
    int before = count == 0 ? anyClass : classes[count - 1];
    if (before != classId) {
      high[count] = nextHigh;
      low[count] = nextLow;
      classes[count++] = classId;
    }
  }

  public int count() {
    return count;
  }

  public long high(int bound) {
    return high[bound];
  }

  public long low(int bound) {
    return low[bound];
  }

  public int classId(int bound) {
    return classes[bound];
  }

  /** The class of the last bound at or before the address. */
  public int classOf(IpAddress address) {
    int from = 0;
    int to = count;
    while (from < to) {
      int middle = (from + to) >>> 1;
      int order = Long.compareUnsigned(high[middle], address.high());
      if (order < 0 || order == 0 && Long.compareUnsigned(low[middle], address.low()) <= 0) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from == 0 ? anyClass : classes[from - 1];
  }
}
