package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.KernelBpf.AttachType;
import dev.shunt.node.bpf.ProgramTime;
import dev.shunt.node.datapath.RealConnections.Wanted;
import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CgroupPath;
import dev.shunt.policy.CgroupPattern;
import dev.shunt.policy.IpAddress;
import dev.shunt.policy.IpAddress.Family;
import dev.shunt.policy.Match;
import dev.shunt.policy.Metadata;
import dev.shunt.policy.PolicySpec;
import dev.shunt.policy.compile.CompiledPolicySet;
import dev.shunt.policy.compile.PolicyCompiler;
import dev.shunt.policy.random.LargestPolicies;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;

/**
 * What policies cost by their number: a connection in the kernel, compiling, applying. Prints a
 * table in Markdown. Run it by bench/policy on a quiet machine.
 */
final class PolicyCost {
  private static final int[] SIZES = {1, 16, 256, 1_024};
  private static final int ROUNDS = 5;
  private static final int WARM = 200;
  private static final int CONNECTIONS = 1_000;
  private static final int PORTS_FROM = 1_024;

  /** The best of all rounds: whatever else runs on the machine only adds. */
  private static final class Cost {
    private long connection = Long.MAX_VALUE;
    private long compile = Long.MAX_VALUE;
    private long apply = Long.MAX_VALUE;
    private int ranges;
  }

  private PolicyCost() {}

  public static void main(String[] args) throws Exception {
    Map<Integer, Cost> costs = new TreeMap<>();
    try (TestHost host = new TestHost();
        Datapath datapath = new KernelInstaller().installOrAdopt(host.options());
        RealConnections connections = new RealConnections(host);
        ProgramTime watch = new ProgramTime(programOn(host))) {
      Random random = new Random(1);
      // Sizes take turns, so that noise and warming up meet all of them.
      for (int round = 0; round < ROUNDS; round++) {
        for (int size : SIZES) {
          Cost cost = costs.computeIfAbsent(size, key -> new Cost());
          List<AccelerationPolicy> policies = policies(host, size, round);
          long begun = System.nanoTime();
          CompiledPolicySet compiled = PolicyCompiler.compile(policies);
          cost.compile = Math.min(cost.compile, System.nanoTime() - begun);
          cost.apply = Math.min(cost.apply, datapath.apply(compiled).took().toNanos());
          cost.ranges = policies.stream().mapToInt(policy -> policy.spec().match().ranges()).sum();
          connections.churn(wanted(host, random, WARM));
          Duration before = watch.total();
          connections.churn(wanted(host, random, CONNECTIONS));
          long took = watch.total().minus(before).toNanos() / CONNECTIONS;
          cost.connection = Math.min(cost.connection, took);
        }
      }
    }
    print(costs);
  }

  private static void print(Map<Integer, Cost> costs) {
    long one = Objects.requireNonNull(costs.get(SIZES[0])).connection;
    System.out.println(
        "| policies | ranges | shunt_watch, a connection | ratio | compile | apply |");
    System.out.println("| ---: | ---: | ---: | ---: | ---: | ---: |");
    costs.forEach(
        (size, cost) ->
            System.out.printf(
                "| %,d | %,d | %.2f µs | %.2f× | %.1f ms | %.1f ms |%n",
                size,
                cost.ranges,
                cost.connection / 1e3,
                (double) cost.connection / one,
                cost.compile / 1e6,
                cost.apply / 1e6));
  }

  /** The last one wins every connection, so that all words of the classes are looked at. */
  private static List<AccelerationPolicy> policies(TestHost host, int count, int round) {
    List<AccelerationPolicy> policies = new ArrayList<>(LargestPolicies.some(count - 1, round));
    CgroupPattern all = CgroupPattern.parse("/" + host.cgroup().getFileName() + "/**");
    policies.add(
        new AccelerationPolicy(
            Metadata.named("z-last"),
            PolicySpec.of(new Match(List.of(), List.of(all), List.of(), List.of()))));
    return policies;
  }

  /** Between addresses that are hardly ever seen twice. */
  private static List<Wanted> wanted(TestHost host, Random random, int count) {
    CgroupPath cgroup = CgroupPath.parse("/" + host.cgroup().getFileName() + "/pod/sidecar");
    List<Wanted> wanted = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int port = PORTS_FROM + random.nextInt(30_000);
      wanted.add(new Wanted(port, address(random), address(random), cgroup, cgroup, false, false));
    }
    return wanted;
  }

  private static IpAddress address(Random random) {
    return new IpAddress(Family.V4, 0, 10L << 24 | 1 + random.nextInt((1 << 24) - 2));
  }

  private static int programOn(TestHost host) throws IOException {
    KernelBpf bpf = new KernelBpf();
    try (BpfFd folder = bpf.openFolder(host.cgroup())) {
      return bpf.programsOf(folder, AttachType.CGROUP_SOCK_OPS).get(0);
    }
  }
}
