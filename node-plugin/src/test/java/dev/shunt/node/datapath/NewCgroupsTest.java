package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.RealConnections.Wanted;
import dev.shunt.policy.CgroupPath;
import dev.shunt.policy.IpAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A pod starts: its cgroup is new, and so is everything in it. */
@OnBpfKernel
class NewCgroupsTest {
  private static final int PODS = 200;

  @Test
  void twoHundredCgroupsMadeAndUsedAtOnceAreClassifiedFromTheirFirstConnection() throws Exception {
    try (TestHost host = new TestHost();
        Datapath datapath = new KernelInstaller().installOrAdopt(host.options());
        RealConnections connections = new RealConnections(host)) {
      datapath.apply(
          Policies.compile(
              policy("sidecars", 100, "/%s/*/run/sidecar".formatted(host.cgroup().getFileName()))
                  + "---\n"
                  + policy("others", 200, "/%s/*/run/app".formatted(host.cgroup().getFileName()))));

      List<Integer> ports = connections.burst(PODS, "run/sidecar");

      List<Connection> ends = datapath.connections();
      assertThat(ends).hasSize(2 * PODS).allMatch(end -> "sidecars".equals(end.policy()));
      assertThat(ends.stream().filter(Connection::client).map(Connection::clientPort))
          .containsExactlyInAnyOrderElementsOf(ports);
      assertThat(ends.stream().map(Connection::cgroupId).distinct()).hasSize(PODS);
    }
  }

  /** So many programs interrupted one another in the same walk of a path. */
  @Test
  void aCgroupThatNoBufferWasFreeForIsLookedAtWithItsNextConnection() throws Exception {
    try (TestHost host = new TestHost();
        Datapath datapath = new KernelInstaller().installOrAdopt(host.options());
        RealConnections connections = new RealConnections(host)) {
      String cgroup = "/%s/run/sidecar".formatted(host.cgroup().getFileName());
      datapath.apply(Policies.compile(policy("sidecars", 100, cgroup)));
      IpAddress localhost = IpAddress.parse("127.0.0.1");
      CgroupPath path = CgroupPath.parse(cgroup);
      List<Wanted> one = List.of(new Wanted(7000, localhost, localhost, path, path, false, false));

      takeBuffers(host, "01");
      connections.open(one);
      assertThat(datapath.connections()).as("its path could not be read").isEmpty();
      takeBuffers(host, "00");
      connections.open(one);

      assertThat(datapath.connections()).hasSize(2);
    }
  }

  /** Writes {@code struct shunt_scratch.busy} of every buffer of every CPU. */
  private static void takeBuffers(TestHost host, String busy) throws Exception {
    for (int buffer = 0; buffer < 4; buffer++) {
      String update =
          "bpftool map update pinned %s/shunt_scratch key hex 0%d 00 00 00 value hex %s%s"
              .formatted(host.pinFolder(), buffer, busy, " 00".repeat(263));
      Process bpftool = new ProcessBuilder(update.split(" ")).inheritIO().start();
      assertThat(bpftool.waitFor()).isZero();
    }
  }

  private static String policy(String name, int priority, String cgroup) {
    return """
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata: {name: %s}
        spec: {priority: %d, match: {cgroups: ["%s"]}}
        """
        .formatted(name, priority, cgroup);
  }
}
