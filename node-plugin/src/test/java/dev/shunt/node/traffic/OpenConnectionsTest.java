package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.DatapathStatus;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What happens around a connection that is open: nothing of it is lost. */
@OnBpfKernel
class OpenConnectionsTest {
  private static final int CONNECTIONS = 20;
  private static final String POLICY =
      """
      apiVersion: shunt.dev/v1alpha1
      kind: AccelerationPolicy
      metadata: {name: open}
      spec: {match: {ports: ["15001"], cgroups: ["%CGROUP"]}}
      """;
  private static final String BYPASS = POLICY.replace("spec: {", "spec: {action: Bypass, ");

  @RegisterExtension final TrafficHost host = new TrafficHost();

  @Test
  void connectionsOlderThanTheirPolicyAreAccelerated() throws Exception {
    Program client = connect(30);
    host.apply(POLICY);
    host.await("every pair of ends found", s -> s.live() == CONNECTIONS);
    // Who uses a connection shows when it is used.
    client.sendLine("use");
    client.lineWith("used");
    host.await("every connection found", s -> s.acceleratedLive() == CONNECTIONS);
    client.sendLine();
    client.end();

    DatapathStatus status = host.await("every connection closed", s -> s.live() == 0);
    assertThat(status.accelerated()).isEqualTo(CONNECTIONS);
    assertThat(status.redirectedBytes()).isPositive();
  }

  /** Which end was accepted shows from the socket alone, whatever it sent and received. */
  @Test
  void aConnectionWhoseListenerIsClosedIsAcceleratedToo() throws Exception {
    Puppet puppet = host.puppet(host.namespace());
    puppet.does("listen l 127.0.0.1 15001");
    puppet.opens("idle", "l", 15001, "polling", "polling");
    puppet.opens("used", "l", 15001, "polling", "polling");
    puppet.exchanges("used");
    puppet.does("unlisten l");
    host.apply(POLICY);
    host.await("both pairs of ends found", s -> s.live() == 2);
    puppet.exchanges("idle");
    puppet.exchanges("used");
    host.await("both accelerated", s -> s.acceleratedLive() == 2);
    puppet.exchanges("idle");
    puppet.exchanges("used");
    for (String end : List.of("idle.client", "idle.server", "used.client", "used.server")) {
      puppet.does("close " + end);
    }
    DatapathStatus status = host.await("both closed", s -> s.live() == 0);
    assertThat(status.accelerated()).isEqualTo(2);
    assertThat(status.redirectedBytes()).isPositive();
  }

  /** Whatever the policies say: its close would be seen by nobody. */
  @Test
  void aConnectionOutsideTheWatchedCgroupIsLeftAlone() throws Exception {
    Namespace namespace = host.namespace();
    Puppet outside = host.remotePuppet(namespace);
    outside.does("listen l 127.0.0.1 15002");
    outside.opens("a", "l", 15002, "polling", "polling");
    Program inside = connect(namespace, 30);
    host.apply(POLICY.replace("[\"15001\"], cgroups: [\"%CGROUP\"]", "[\"15001\", \"15002\"]"));
    host.await("every pair of ends found", s -> s.live() >= CONNECTIONS);
    inside.sendLine("use");
    inside.lineWith("used");
    host.await("every connection found", s -> s.acceleratedLive() >= CONNECTIONS);
    assertThat(host.datapath().status().live()).isEqualTo(CONNECTIONS);
    inside.sendLine();
    inside.end();
    host.await("every connection closed", s -> s.live() == 0);
  }

  @Test
  void policyChangesUnderLoadLoseNothing() throws Exception {
    host.apply(POLICY);
    Program client = connect(300);
    client.sendLine();
    for (int i = 0; i < 5; i++) {
      host.apply(POLICY);
      long redirected = host.datapath().status().redirectedBytes();
      host.await(
          "redirecting again", s -> s.live() == 0 || s.redirectedBytes() > redirected + 1_000_000);
      host.apply(BYPASS);
      host.await("every connection back on TCP", s -> s.acceleratedLive() == 0);
    }
    client.end();
    assertThat(host.datapath().status().redirectedBytes()).isPositive();
  }

  @Test
  void uninstallUnderLoadTakesConnectionsBackToTcpAndLosesNothing() throws Exception {
    host.apply(POLICY);
    Program client = connect(300);
    client.sendLine();
    host.await("redirecting", s -> s.redirectedBytes() > 1_000_000);
    assertThat(host.uninstall().acceleratedLive()).isZero();
    client.end();
  }

  @Test
  void aDatapathThatNobodyTendsKeepsRedirecting() throws Exception {
    host.apply(POLICY);
    Program client = connect(300);
    client.sendLine();
    host.await("redirecting", s -> s.redirectedBytes() > 1_000_000);
    host.abandon();
    client.end();
    host.adopt();
    assertThat(host.datapath().status().redirectedBytes()).isGreaterThan(2_000_000);
    assertThat(host.datapath().status().live()).isZero();
  }

  private Program connect(int rounds) throws Exception {
    return connect(host.namespace(), rounds);
  }

  private Program connect(Namespace namespace, int rounds) throws Exception {
    host.traffic(namespace, "serve", "--address", "::", "--port", "15001").lineWith("listening");
    Program client =
        host.traffic(
            namespace,
            "exchange",
            "--address",
            "127.0.0.1",
            "--port",
            "15001",
            "--use-once",
            "--wait-for-line",
            "--connections",
            Integer.toString(CONNECTIONS),
            "--rounds",
            Integer.toString(rounds));
    client.lineWith("connected");
    return client;
  }
}
