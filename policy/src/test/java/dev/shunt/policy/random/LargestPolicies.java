package dev.shunt.policy.random;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CgroupPattern;
import dev.shunt.policy.Cidr;
import dev.shunt.policy.IpAddress;
import dev.shunt.policy.IpAddress.Family;
import dev.shunt.policy.Match;
import dev.shunt.policy.Metadata;
import dev.shunt.policy.PolicySet;
import dev.shunt.policy.PolicySpec;
import dev.shunt.policy.PortRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The most that a node carries: 1,024 policies of 64 entries each, 65,536 in all: ports, cgroups,
 * clients and servers, of both families, nested.
 */
public final class LargestPolicies {

  private static final int OF_EACH_DIMENSION = 16;

  private LargestPolicies() {}

  /** Sets of different seeds have no policy, no cgroup and hardly a range in common. */
  public static List<AccelerationPolicy> of(long seed) {
    return some(PolicySet.MOST_POLICIES, seed);
  }

  /** The first policies of such a set. */
  public static List<AccelerationPolicy> some(int count, long seed) {
    Random random = new Random(seed);
    List<AccelerationPolicy> policies = new ArrayList<>();
    for (int policy = 0; policy < count; policy++) {
      policies.add(
          new AccelerationPolicy(
              Metadata.named("p" + policy + "-" + seed),
              PolicySpec.of(match(random, "/kubepods.slice/pod" + policy + "-" + seed))));
    }
    return policies;
  }

  private static Match match(Random random, String pod) {
    List<PortRange> ports = new ArrayList<>();
    List<CgroupPattern> cgroups = new ArrayList<>();
    for (int i = 0; i < OF_EACH_DIMENSION; i++) {
      int first = 1 + i * 4_000 + random.nextInt(3_000);
      ports.add(new PortRange(first, first + random.nextInt(900)));
      cgroups.add(CgroupPattern.parse(pod + "/container" + i + "/**"));
    }
    return new Match(ports, cgroups, networks(random), networks(random));
  }

  private static List<Cidr> networks(Random random) {
    List<Cidr> networks = new ArrayList<>();
    for (int i = 0; i < OF_EACH_DIMENSION / 2; i++) {
      networks.add(
          Cidr.around(
              new IpAddress(Family.V4, 0, random.nextInt() & 0xffff_ffffL),
              4 + random.nextInt(29)));
      networks.add(
          Cidr.around(
              new IpAddress(
                  Family.V6, 0xfd00L << 48 | random.nextLong() >>> 40 << 20, random.nextLong()),
              12 + random.nextInt(117)));
    }
    return networks;
  }
}
