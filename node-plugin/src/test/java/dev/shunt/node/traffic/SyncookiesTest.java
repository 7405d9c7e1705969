package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.datapath.Reason;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A server that answers with syncookies keeps no request, so that a client cannot tell it from a
 * remote one at first. The two find each other all the same, and their connection is counted once.
 */
@OnBpfKernel
class SyncookiesTest {
  private static final int PORT = 15001;
  private static final int CONNECTIONS = 8;

  @RegisterExtension final TrafficHost host = new TrafficHost();
  private Namespace namespace;
  private Puppet puppet;

  @BeforeEach
  void useNamespaceWithCookies() throws Exception {
    namespace = host.namespace();
    namespace.inside("sysctl", "-qw", "net.ipv4.tcp_syncookies=2");
    puppet = host.puppet(namespace);
  }

  @Test
  void everyConnectionIsEnrolledAndCountedOnce() throws Exception {
    host.apply(policy("enrolment: Settled"));
    open();
    DatapathStatus status = host.await("enrolled", s -> s.acceleratedLive() == CONNECTIONS);
    assertThat(status.live()).isEqualTo(CONNECTIONS);
    assertThat(counted(status)).isEqualTo(CONNECTIONS);
    for (int i = 0; i < CONNECTIONS; i++) {
      puppet.exchanges("c" + i);
    }
    closeAll();
    assertThat(host.datapath().status().accelerated()).isEqualTo(CONNECTIONS);
    assertThat(host.datapath().status().redirectedBytes()).isPositive();
  }

  @Test
  void withHandshakeTheyAreEnrolledByTheConductorAndCountedOnce() throws Exception {
    host.apply(policy("enrolment: Handshake"));
    open();
    host.await("enrolled", s -> s.acceleratedLive() == CONNECTIONS);
    closeAll();
    assertThat(host.datapath().status().accelerated()).isEqualTo(CONNECTIONS);
  }

  @Test
  void connectionsThatAreOverBeforeTheySettledAreCountedAsThat() throws Exception {
    host.reopens(Duration.ofHours(1));
    useNamespaceWithCookies();
    host.apply(policy("enrolment: Settled"));
    open();
    closeAll();
    assertThat(host.datapath().status().reasons().get(Reason.NOT_SETTLED)).isEqualTo(CONNECTIONS);
  }

  @Test
  void whatIsOnlyObservedIsCountedOnceAndNotTakenForRemote() throws Exception {
    host.apply(policy("mode: Observe"));
    open();
    puppet.does("pause 0.05");
    closeAll();
    assertThat(host.datapath().status().reasons().get(Reason.OBSERVED_ONLY)).isEqualTo(CONNECTIONS);
    assertThat(
            Objects.requireNonNull(host.datapath().insight().observations().get("cookies"))
                .outcomes())
        .containsOnlyKeys("accelerated")
        .containsEntry("accelerated", (long) CONNECTIONS);
  }

  private void open() throws Exception {
    puppet.does("listen l 127.0.0.1 " + PORT + " polling");
    for (int i = 0; i < CONNECTIONS; i++) {
      puppet.opens("c" + i, "l", PORT, "polling", "polling");
      puppet.exchanges("c" + i);
    }
    namespace.inside(
        "sh",
        "-c",
        "nstat -asz TcpExtSyncookiesRecv | grep -qE 'SyncookiesRecv +%d '".formatted(CONNECTIONS));
  }

  private void closeAll() throws Exception {
    for (int i = 0; i < CONNECTIONS; i++) {
      puppet.does("close c" + i + (i % 2 == 0 ? ".client" : ".server"));
      puppet.does("close c" + i + (i % 2 == 0 ? ".server" : ".client"));
    }
    assertThat(counted(host.await("all closed", s -> s.live() == 0))).isEqualTo(CONNECTIONS);
  }

  private static long counted(DatapathStatus status) {
    return status.accelerated()
        + status.reasons().values().stream().mapToLong(Long::longValue).sum();
  }

  private static String policy(String how) {
    return """
    apiVersion: shunt.dev/v1alpha1
    kind: AccelerationPolicy
    metadata: {name: cookies}
    spec: {%s, match: {ports: ["%d"], cgroups: ["%%CGROUP"]}}
    """
        .formatted(how, PORT);
  }
}
