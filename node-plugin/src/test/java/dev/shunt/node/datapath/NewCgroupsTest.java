package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
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
