package dev.shunt.policy.compile;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Cidr;
import dev.shunt.policy.IpAddress.Family;
import dev.shunt.policy.Match;
import dev.shunt.policy.compile.CompiledPolicySet.Prefix;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * Gives the CIDRs of one dimension and family their classes. An address belongs to the longest
 * prefix around it, so a prefix carries the bits of every shorter one around it.
 */
final class PrefixClasses {

  private static final Comparator<Owned> PARENTS_FIRST =
      (a, b) -> {
        int high = Long.compareUnsigned(a.cidr.base().high(), b.cidr.base().high());
        int address =
            high != 0 ? high : Long.compareUnsigned(a.cidr.base().low(), b.cidr.base().low());
        return address != 0
            ? address
            : Integer.compare(a.cidr.prefixLength(), b.cidr.prefixLength());
      };

  private record Owned(Cidr cidr, int policy) {}

  private final List<Prefix> prefixes = new ArrayList<>();
  private final ClassTable classes;

  /**
   * Prefixes around the one in hand, outermost first, with their vectors; vectors are reused once
   * written.
   */
  private final List<Cidr> around = new ArrayList<>();

  private final List<long[]> vectors = new ArrayList<>();

  private PrefixClasses(long[] any, ClassTable classes) {
    this.classes = classes;
    vectors.add(any.clone());
  }

  /**
   * The entries, sorted by address and length; {@code any} has the bits of the policies without
   * this dimension.
   */
  static List<Prefix> compile(
      List<AccelerationPolicy> policies,
      Function<Match, List<Cidr>> dimension,
      Family family,
      long[] any,
      ClassTable classes) {
    List<Owned> owned = new ArrayList<>();
    for (int policy = 0; policy < policies.size(); policy++) {
      for (Cidr cidr : dimension.apply(policies.get(policy).spec().match())) {
        if (cidr.family() == family) {
          owned.add(new Owned(cidr, policy));
        }
      }
    }
    owned.sort(PARENTS_FIRST);
    PrefixClasses compiler = new PrefixClasses(any, classes);
    compiler.run(owned);
    return List.copyOf(compiler.prefixes);
  }

  private void run(List<Owned> owned) {
    int next = 0;
    while (next < owned.size()) {
      Cidr cidr = owned.get(next).cidr;
      leaveUntilAround(cidr);
      long[] vector = enter(cidr);
      while (next < owned.size() && owned.get(next).cidr.equals(cidr)) {
        Bits.set(vector, owned.get(next++).policy);
      }
      prefixes.add(new Prefix(cidr, classes.intern(vector)));
    }
  }

  private void leaveUntilAround(Cidr cidr) {
    while (!around.isEmpty() && !around.get(around.size() - 1).contains(cidr)) {
      around.remove(around.size() - 1);
    }
  }

  /** The vector of {@code cidr}, holding the bits of what is around it. */
  private long[] enter(Cidr cidr) {
    long[] outer = vectors.get(around.size());
    around.add(cidr);
    if (vectors.size() == around.size()) {
      vectors.add(outer.clone());
    } else {
      System.arraycopy(outer, 0, vectors.get(around.size()), 0, outer.length);
    }
    return vectors.get(around.size());
  }
}
