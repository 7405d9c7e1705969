package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.datapath.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * splice(2) does not see redirected data, so a program that could use it is left alone before it
 * does, and nobody hangs.
 */
@OnBpfKernel
class SpliceTest {
  private static final int PORT = 15001;
  private static final int BEHIND = 15002;
  private static final int CONNECTIONS = 4;
  private static final String POLICY =
      """
      apiVersion: shunt.dev/v1alpha1
      kind: AccelerationPolicy
      metadata: {name: splice}
      spec: {match: {ports: ["15001-15002"], cgroups: ["%CGROUP"]}}
      """;

  @RegisterExtension final TrafficHost host = new TrafficHost();
  private Namespace namespace;

  @BeforeEach
  void applyPolicy() throws Exception {
    namespace = host.namespace();
    host.apply(POLICY);
  }

  @Test
  void anHaproxyThatDoesNotSpliceIsAccelerated(@TempDir Path folder) throws Exception {
    Program client = throughHaproxy(folder, "");
    host.await("both sides of every session enrolled", s -> s.acceleratedLive() == 2 * CONNECTIONS);
    client.sendLine();
    client.end();
    assertThat(host.await("all closed", s -> s.live() == 0).redirectedBytes()).isPositive();
    assertThat(host.notices()).isEmpty();
  }

  @Test
  void anHaproxyThatMaySpliceIsLeftAloneAndServesEveryByte(@TempDir Path folder) throws Exception {
    Program client = throughHaproxy(folder, "option splice-auto");
    host.await(
        "both sides of every session refused",
        s -> s.reasons().getOrDefault(Reason.MAY_SPLICE, 0L) == 2 * CONNECTIONS);
    client.sendLine();
    client.end();
    DatapathStatus status = host.await("all closed", s -> s.live() == 0);
    assertThat(status.redirectedBytes()).isZero();
    assertThat(status.accelerated()).isZero();
    assertThat(host.notices().get(0)).contains("haproxy", "option splice-", "trusted-programs");
  }

  @Test
  void aProgramThatReadsHeadersByRecvAndBodiesBySpliceGetsThemAll() throws Exception {
    host.trusts(List.of());
    Puppet puppet = host.puppet(namespace);
    puppet.does("listen l 127.0.0.1 " + PORT + " polling");
    puppet.opens("a", "l", PORT, "polling", "polling");
    puppet.exchanges("a");
    host.await("refused", s -> s.reasons().getOrDefault(Reason.MAY_SPLICE, 0L) == 1);
    puppet.does("send a.client 300000");
    puppet.does("receive a.server 1000");
    puppet.does("splice a.server 299000");
    assertThat(host.notices()).singleElement().asString().contains("python3", "calls splice");
  }

  @Test
  void whoSplicesThoughTrustedMarksItsCgroupWhoseConnectionsGoBackToTcp() throws Exception {
    Puppet puppet = host.puppet(namespace);
    puppet.does("listen l 127.0.0.1 " + PORT + " polling");
    puppet.opens("a", "l", PORT, "polling", "polling");
    puppet.exchanges("a");
    host.await("enrolled", s -> s.acceleratedLive() == 1);
    puppet.exchanges("a");
    puppet.does("send a.client 5000");
    puppet.opens("b", "l", PORT, "polling", "polling");
    puppet.does("send b.client 5000");
    puppet.does("splice b.server 5000");
    puppet.does("receive a.server 5000");
    host.await("both refused", s -> s.reasons().getOrDefault(Reason.SPLICE_USER, 0L) == 2);
    assertThat(host.datapath().status().acceleratedLive()).isZero();
    for (String connection : List.of("a", "b")) {
      puppet.does("send %s.client 300000".formatted(connection));
      puppet.does("receive %s.server 1000".formatted(connection));
      puppet.does("splice %s.server 299000".formatted(connection));
      puppet.exchanges(connection);
    }
    assertThat(host.notices()).singleElement().asString().contains("with splice(2)");
  }

  private Program throughHaproxy(Path folder, String options) throws Exception {
    Path configuration = folder.resolve("haproxy.cfg");
    Files.writeString(
        configuration,
        """
        global
          maxconn 100
        defaults
          mode tcp
          timeout connect 5s
          timeout client 30s
          timeout server 30s
          %s
        listen relay
          bind 127.0.0.1:%d
          server app 127.0.0.1:%d
        """
            .formatted(options, PORT, BEHIND));
    host.traffic(namespace, "serve", "--address", "127.0.0.1", "--port", Integer.toString(BEHIND))
        .lineWith("listening");
    host.start(namespace, "haproxy", "-db", "-f", configuration.toString());
    namespace.inside(
        "sh",
        "-c",
        "for i in $(seq 200); do ss -ltn | grep -q ':%d ' && exit; sleep 0.05; done; exit 1"
            .formatted(PORT));
    Program client =
        host.traffic(
            namespace,
            "exchange",
            "--address",
            "127.0.0.1",
            "--port",
            Integer.toString(PORT),
            "--connections",
            Integer.toString(CONNECTIONS),
            "--rounds",
            "40",
            "--use-once",
            "--wait-for-line");
    client.lineWith("connected");
    return client;
  }
}
