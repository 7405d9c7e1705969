package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.KernelBpf.AttachType;
import dev.shunt.node.bpf.ProgramTime;
import dev.shunt.node.datapath.RealConnections.Wanted;
import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CgroupPath;
import dev.shunt.policy.CgroupPattern;
import dev.shunt.policy.Cidr;
import dev.shunt.policy.IpAddress;
import dev.shunt.policy.IpAddress.Family;
import dev.shunt.policy.Match;
import dev.shunt.policy.Metadata;
import dev.shunt.policy.PolicySpec;
import dev.shunt.policy.PortRange;
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
  private static final int SETTLE_MILLIS = 200;
  private static final int PORTS_FROM = 1_024;

  /** The best of all rounds: whatever else runs on the machine only adds. */
  private static final class Cost {
    private long byCgroup = Long.MAX_VALUE;
    private long byAll = Long.MAX_VALUE;
    private long compile = Long.MAX_VALUE;
    private long apply = Long.MAX_VALUE;
    private long change = Long.MAX_VALUE;
    private int changed;
    private int ranges;
  }

  private final TestHost host;
  private final Datapath datapath;
  private final RealConnections connections;
  private final ProgramTime watch;
  private final Random random = new Random(1);
  private final Map<Integer, Cost> costs = new TreeMap<>();

  private PolicyCost(
      TestHost host, Datapath datapath, RealConnections connections, ProgramTime watch) {
    this.host = host;
    this.datapath = datapath;
    this.connections = connections;
    this.watch = watch;
  }

  public static void main(String[] args) throws Exception {
    try (TestHost host = new TestHost();
        Datapath datapath = new KernelInstaller().installOrAdopt(host.options());
        RealConnections connections = new RealConnections(host);
        ProgramTime watch = new ProgramTime(programOn(host))) {
      PolicyCost cost = new PolicyCost(host, datapath, connections, watch);
      // Sizes take turns, so that noise and warming up meet all of them.
      for (int round = 0; round < ROUNDS; round++) {
        for (int size : SIZES) {
          cost.measure(size, round);
        }
      }
      print(cost.costs);
    }
  }

  private void measure(int size, int round) throws Exception {
    Cost cost = costs.computeIfAbsent(size, key -> new Cost());
    List<AccelerationPolicy> policies = policies(size, round, everything());
    cost.ranges = policies.stream().mapToInt(policy -> policy.spec().match().ranges()).sum();
    long begun = System.nanoTime();
    CompiledPolicySet compiled = PolicyCompiler.compile(policies);
    cost.compile = Math.min(cost.compile, System.nanoTime() - begun);
    // Both slots hold another size.
    cost.apply = Math.min(cost.apply, datapath.apply(compiled).took().toNanos());
    cost.byAll = Math.min(cost.byAll, connection());

    Match cgroup = new Match(List.of(), everything().cgroups(), List.of(), List.of());
    datapath.apply(PolicyCompiler.compile(policies(size, round, cgroup)));
    cost.byCgroup = Math.min(cost.byCgroup, connection());

    // This slot held the set but for one port of one policy.
    Match edited =
        new Match(
            List.of(new PortRange(PORTS_FROM, 65_535), new PortRange(80, 80)),
            everything().cgroups(),
            everything().clients(),
            everything().servers());
    AppliedPolicy change = datapath.apply(PolicyCompiler.compile(policies(size, round, edited)));
    cost.change = Math.min(cost.change, change.took().toNanos());
    cost.changed = change.entriesWritten();
  }

  private long connection() throws Exception {
    // A thread of the kernel frees the maps that were replaced, megabytes of them.
    Thread.sleep(SETTLE_MILLIS);
    connections.churn(wanted(WARM));
    Duration before = watch.total();
    connections.churn(wanted(CONNECTIONS));
    return watch.total().minus(before).toNanos() / CONNECTIONS;
  }

  private static void print(Map<Integer, Cost> costs) {
    Cost one = Objects.requireNonNull(costs.get(SIZES[0]));
    System.out.println(
        "| policies | ranges | shunt_watch, a connection | ratio | winner names a cgroup only"
            + " | ratio | compile | apply | a change | entries it writes |");
    System.out.println("|" + " ---: |".repeat(10));
    costs.forEach(
        (size, cost) ->
            System.out.printf(
                "| %,d | %,d | %.2f µs | %.2f× | %.2f µs | %.2f× | %.1f ms | %.1f ms | %.1f ms"
                    + " | %,d |%n",
                size,
                cost.ranges,
                cost.byAll / 1e3,
                (double) cost.byAll / one.byAll,
                cost.byCgroup / 1e3,
                (double) cost.byCgroup / one.byCgroup,
                cost.compile / 1e6,
                cost.apply / 1e6,
                cost.change / 1e6,
                cost.changed));
  }

  /** What every connection here has. */
  private Match everything() {
    return new Match(
        List.of(new PortRange(PORTS_FROM, 65_535)),
        List.of(CgroupPattern.parse("/" + host.cgroup().getFileName() + "/**")),
        List.of(Cidr.parse("10.0.0.0/8")),
        List.of(Cidr.parse("10.0.0.0/8")));
  }

  /** The last one wins every connection, so that all words of the classes are looked at. */
  private static List<AccelerationPolicy> policies(int count, int round, Match last) {
    List<AccelerationPolicy> policies = new ArrayList<>(LargestPolicies.some(count - 1, round));
    policies.add(new AccelerationPolicy(Metadata.named("z-last"), PolicySpec.of(last)));
    return policies;
  }

  /** Between addresses that are hardly ever seen twice. */
  private List<Wanted> wanted(int count) {
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
