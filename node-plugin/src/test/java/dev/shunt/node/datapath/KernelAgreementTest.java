package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.RealConnections.Wanted;
import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CgroupPath;
import dev.shunt.policy.CgroupPattern;
import dev.shunt.policy.IpAddress;
import dev.shunt.policy.Match;
import dev.shunt.policy.PolicySpec;
import dev.shunt.policy.compile.CompiledMatcher;
import dev.shunt.policy.compile.CompiledPolicySet;
import dev.shunt.policy.compile.CompiledPolicySet.Row;
import dev.shunt.policy.compile.PolicyCompiler;
import dev.shunt.policy.match.PolicyMatcher;
import dev.shunt.policy.match.SocketView;
import dev.shunt.policy.random.RandomPolicies;
import dev.shunt.policy.random.Seed;
import dev.shunt.policy.random.Shrinker;
import dev.shunt.policy.random.Shrinker.Case;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The reference matcher, the compiled maps read in Java, and the BPF program that sees real
 * connections come to the same winner, for both ends of each.
 */
@OnBpfKernel
class KernelAgreementTest {
  private static final int SETS = 24;
  private static final int CONNECTIONS = 90;
  private static final int LARGEST = 1_024;

  /** Fewer cgroups than connections: to move between them is what takes the time. */
  private static final int CGROUPS = 24;

  private TestHost host;
  private Datapath datapath;
  private RealConnections connections;

  @BeforeEach
  void start() throws Exception {
    host = new TestHost();
    datapath = new KernelInstaller().installOrAdopt(host.options());
    connections = new RealConnections(host);
  }

  @AfterEach
  void stop() throws Exception {
    connections.close();
    datapath.close();
    host.close();
  }

  @Test
  void theKernelClassifiesRealConnectionsAsTheReferenceAndTheCompiledMapsDo() throws Exception {
    RandomPolicies random = new RandomPolicies(Seed.OF_THIS_RUN);
    Random dice = new Random(Seed.OF_THIS_RUN);
    int opened = 0;
    int won = 0;
    for (int set = 0; set < SETS; set++) {
      List<AccelerationPolicy> policies =
          belowTheTestsCgroup(set % 8 == 0 ? random.exactly(LARGEST) : random.policies(64), dice);
      List<Wanted> wanted = wanted(random, dice);
      CompiledPolicySet compiled = PolicyCompiler.compile(policies);
      PolicyMatcher reference = new PolicyMatcher(policies);
      CompiledMatcher maps = new CompiledMatcher(compiled);
      List<Ends> found = classify(compiled, wanted);
      for (int i = 0; i < wanted.size(); i++) {
        for (boolean client : new boolean[] {true, false}) {
          SocketView view = client ? wanted.get(i).clientEnd() : wanted.get(i).serverEnd();
          Optional<String> expected = reference.winner(view).map(AccelerationPolicy::name);
          if (!expected.equals(maps.winner(view).map(Row::name))
              || !expected.equals(found.get(i).of(client))) {
            failWithTheSmallestCase(policies, wanted.get(i), client);
          }
          won += expected.isPresent() ? 1 : 0;
        }
      }
      opened += wanted.size();
    }
    System.out.printf(
        "agreement: %d real connections, %d ends, %d of them won by a policy; seed %d%n",
        opened, 2 * opened, won, Seed.OF_THIS_RUN);
    assertThat(opened).isGreaterThanOrEqualTo(2_000);
    assertThat(won).as(Seed.hint()).isBetween(opened / 10, 2 * opened * 19 / 20);
  }

  /** Whose each end of a connection is, according to the kernel. */
  private record Ends(Optional<String> client, Optional<String> server) {
    Optional<String> of(boolean ofClient) {
      return ofClient ? client : server;
    }
  }

  private List<Ends> classify(CompiledPolicySet policies, List<Wanted> wanted) throws Exception {
    datapath.apply(policies);
    List<Integer> ports = connections.open(wanted);
    Map<String, String> winners = new HashMap<>();
    for (Connection end : datapath.connections()) {
      String address = IpAddress.of(end.clientAddress().getAddress()).toString();
      winners.put(key(address, end.clientPort(), end.client()), String.valueOf(end.policy()));
    }
    List<Ends> found = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      String address = wanted.get(i).client().toString();
      found.add(
          new Ends(
              Optional.ofNullable(winners.get(key(address, ports.get(i), true))),
              Optional.ofNullable(winners.get(key(address, ports.get(i), false)))));
    }
    connections.closeAll();
    return found;
  }

  private static String key(String client, int port, boolean isClient) {
    return client + " " + port + " " + isClient;
  }

  private List<Wanted> wanted(RandomPolicies random, Random dice) {
    List<CgroupPath> paths =
        Stream.generate(() -> below(random.view().cgroup())).limit(CGROUPS).toList();
    List<Wanted> wanted = new ArrayList<>();
    Set<String> listeners = new HashSet<>();
    while (wanted.size() < CONNECTIONS) {
      SocketView view = random.viewWithin(RealConnections.NETWORKS);
      if (view.serverPort() > 0 && listeners.add(view.server() + " " + view.serverPort())) {
        wanted.add(
            new Wanted(
                view.serverPort(),
                view.client(),
                view.server(),
                paths.get(dice.nextInt(CGROUPS)),
                paths.get(dice.nextInt(CGROUPS)),
                dice.nextBoolean(),
                dice.nextBoolean()));
      }
    }
    return wanted;
  }

  private CgroupPath below(CgroupPath path) {
    return new CgroupPath(below(path.components()));
  }

  private List<String> below(List<String> components) {
    return Stream.concat(Stream.of(host.cgroup().getFileName().toString()), components.stream())
        .toList();
  }

  /**
   * Patterns that begin with a glob reach down to the test's cgroup anyway; some stay as they are.
   */
  private List<AccelerationPolicy> belowTheTestsCgroup(
      List<AccelerationPolicy> policies, Random dice) {
    List<AccelerationPolicy> moved = new ArrayList<>();
    for (AccelerationPolicy policy : policies) {
      PolicySpec spec = policy.spec();
      List<CgroupPattern> patterns =
          spec.match().cgroups().stream()
              .map(
                  p ->
                      beginsWithGlob(p) && dice.nextBoolean()
                          ? p
                          : new CgroupPattern(below(p.components())))
              .distinct()
              .toList();
      Match match =
          new Match(spec.match().ports(), patterns, spec.match().clients(), spec.match().servers());
      moved.add(
          new AccelerationPolicy(
              policy.metadata(),
              new PolicySpec(
                  spec.priority(),
                  spec.action(),
                  spec.mode(),
                  spec.nodes(),
                  match,
                  spec.enrolment(),
                  spec.blockingSockets(),
                  spec.limits(),
                  spec.tests())));
    }
    return moved;
  }

  private static boolean beginsWithGlob(CgroupPattern pattern) {
    return !pattern.components().isEmpty() && pattern.components().get(0).startsWith("*");
  }

  private void failWithTheSmallestCase(
      List<AccelerationPolicy> policies, Wanted wanted, boolean client) throws Exception {
    SocketView view = client ? wanted.clientEnd() : wanted.serverEnd();
    Case smallest =
        new Shrinker((some, socket) -> disagree(some, socket, wanted, client))
            .shrink(new Case(policies, view));
    CompiledPolicySet compiled = PolicyCompiler.compile(smallest.policies());
    fail(
        "of the %s's end (mapped: %s, %s) the reference says %s, the compiled maps %s, the kernel %s; %s%n%s",
        client ? "client" : "server",
        wanted.clientMapped(),
        wanted.serverMapped(),
        new PolicyMatcher(smallest.policies())
            .winner(smallest.view())
            .map(AccelerationPolicy::name),
        new CompiledMatcher(compiled).winner(smallest.view()).map(Row::name),
        classify(compiled, List.of(as(wanted, smallest.view()))).get(0).of(client),
        Seed.hint(),
        smallest);
  }

  private boolean disagree(
      List<AccelerationPolicy> policies, SocketView view, Wanted wanted, boolean client) {
    if (view.cgroup().components().isEmpty()) {
      return false; // above the test's cgroup nobody watches
    }
    try {
      CompiledPolicySet compiled = PolicyCompiler.compile(policies);
      Optional<String> expected =
          new PolicyMatcher(policies).winner(view).map(AccelerationPolicy::name);
      return !expected.equals(new CompiledMatcher(compiled).winner(view).map(Row::name))
          || !expected.equals(classify(compiled, List.of(as(wanted, view))).get(0).of(client));
    } catch (Exception e) {
      throw new AssertionError("cannot repeat a smaller case", e);
    }
  }

  /** The same kind of connection, both ends as the view says. */
  private static Wanted as(Wanted wanted, SocketView view) {
    return new Wanted(
        view.serverPort(),
        view.client(),
        view.server(),
        view.cgroup(),
        view.cgroup(),
        wanted.clientMapped(),
        wanted.serverMapped());
  }
}
