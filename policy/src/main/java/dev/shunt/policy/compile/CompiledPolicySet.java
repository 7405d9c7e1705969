package dev.shunt.policy.compile;

import dev.shunt.policy.Action;
import dev.shunt.policy.BlockingSockets;
import dev.shunt.policy.ByteSize;
import dev.shunt.policy.Cidr;
import dev.shunt.policy.Dimension;
import dev.shunt.policy.Enrolment;
import dev.shunt.policy.IpAddress.Family;
import dev.shunt.policy.Mode;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One generation of the policy maps, as numbers: everything of a {@code struct shunt_slot} and of
 * the maps that hang off it, except the generation's own number and the counter rows, which the
 * node plugin assigns. Immutable by convention: the arrays are shared, not copied, and must not be
 * written to.
 *
 * @param digest SHA-256 of the policies' canonical bytes, hex: {@code PolicySet.digest()}
 * @param policies in winning order; bit {@code i} of every class is policy {@code i}
 * @param classes every distinct bit vector; a class is an index into this list
 * @param ports class of each of the 65,536 ports
 * @param prefixes every network that a policy names
 * @param cgroups automaton over the components of a cgroup path
 * @param anyClass per {@link Dimension}, the class of a value that no policy names
 */
public record CompiledPolicySet(
    String digest,
    List<Row> policies,
    List<ClassVector> classes,
    int[] ports,
    Prefixes prefixes,
    CgroupAutomaton cgroups,
    AnyClasses anyClass) {

  /**
   * One {@code struct shunt_policy}, without its counter row.
   *
   * @param fingerprint of the spec with {@code mode: Observe}, so that what was observed under
   *     another one can be told from it; else 0
   */
  public record Row(
      String name,
      Action action,
      Mode mode,
      Enrolment enrolment,
      BlockingSockets blockingSockets,
      ByteSize backlogBytes,
      int backlogMessages,
      int fingerprint) {}

  /**
   * Networks of both address dimensions, each list sorted by address and then length, so that a
   * parent stands before its children.
   */
  public record Prefixes(
      List<Prefix> clients4, List<Prefix> clients6, List<Prefix> servers4, List<Prefix> servers6) {

    /** The class of each network of one dimension, both families together. */
    public Map<Cidr, Integer> byNetwork(Dimension dimension) {
      Map<Cidr, Integer> classes = new HashMap<>();
      for (Family family : Family.values()) {
        of(dimension, family).forEach(prefix -> classes.put(prefix.cidr(), prefix.classId()));
      }
      return classes;
    }

    public List<Prefix> of(Dimension dimension, Family family) {
      return switch (dimension) {
        case CLIENT -> family == Family.V4 ? clients4 : clients6;
        case SERVER -> family == Family.V4 ? servers4 : servers6;
        case PORT, CGROUP ->
            throw new IllegalArgumentException("expected an address dimension, found " + dimension);
      };
    }
  }

  /** A network; its class already carries the bits of every shorter prefix around it. */
  public record Prefix(Cidr cidr, int classId) {}

  /** {@code any_class} of the slot. */
  public record AnyClasses(int port, int cgroup, int client, int server) {

    public int of(Dimension dimension) {
      return switch (dimension) {
        case PORT -> port;
        case CGROUP -> cgroup;
        case CLIENT -> client;
        case SERVER -> server;
      };
    }
  }

  /** One of the four address tables. Made on each call: large, and needed once. */
  public AddressBounds bounds(Dimension dimension, Family family) {
    return AddressBounds.of(prefixes.of(dimension, family), family, anyClass.of(dimension));
  }

  /** Whether a policy, by its number in winning order, names neither clients nor servers. */
  public boolean takesAnyAddress(int policy) {
    return classes.get(anyClass.client).has(policy) && classes.get(anyClass.server).has(policy);
  }

  /** 64-bit words a class needs for these policies: {@code shunt_slot.words}. */
  public int words() {
    return (policies.size() + Long.SIZE - 1) / Long.SIZE;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CompiledPolicySet set
        && digest.equals(set.digest)
        && policies.equals(set.policies)
        && classes.equals(set.classes)
        && Arrays.equals(ports, set.ports)
        && prefixes.equals(set.prefixes)
        && cgroups.equals(set.cgroups)
        && anyClass.equals(set.anyClass);
  }

  @Override
  public int hashCode() {
    return digest.hashCode();
  }

  @Override
  public String toString() {
    return "CompiledPolicySet["
        + policies.size()
        + " policies, "
        + classes.size()
        + " classes, digest "
        + digest
        + "]";
  }
}
