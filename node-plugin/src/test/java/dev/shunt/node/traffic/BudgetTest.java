package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.Reason;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the readers of a node have unread together, while their senders say nothing more. */
@OnBpfKernel
class BudgetTest {
  private static final int PORT = 15001;
  private static final int KIB_64 = 64 << 10;
  private static final int BUDGET = 64 * KIB_64;
  private static final int CONNECTIONS = 16;

  /** Messages of 64 KiB on each; all of them together more than the budget. */
  private static final int MESSAGES = 6;

  @RegisterExtension final TrafficHost host = new TrafficHost(TrafficHost.Conducting.BY_HAND);
  private Puppet puppet;

  @BeforeEach
  void openConnections() throws Exception {
    host.reopens(4096, BUDGET);
    puppet = host.puppet(host.namespace());
    host.apply(
        """
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata: {name: budget}
        spec: {match: {ports: ["%d"], cgroups: ["%%CGROUP/**"]}, enrolment: Handshake}
        """
            .formatted(PORT));
    puppet.does("listen l 127.0.0.1 " + PORT + " polling");
    for (int i = 0; i < CONNECTIONS; i++) {
      opens("c" + i);
    }
  }

  @Test
  void whatWasReadIsFreeForOthersThoughItsSenderIsSilent() throws Exception {
    for (int i = 0; i < CONNECTIONS; i++) {
      sends("c" + i);
      reads("c" + i);
    }
    assertThat(host.fallbacks()).isEmpty();
    assertThat(host.bytesRedirectedByOpenConnections()).isGreaterThan(BUDGET);
  }

  @Test
  void whatNobodyReadsStaysCountedAndNewcomersGetLess() throws Exception {
    for (int i = 0; i < CONNECTIONS; i++) {
      sends("c" + i);
    }
    assertThat(host.bytesRedirectedByOpenConnections()).isBetween(BUDGET / 2L, (long) BUDGET);
    assertThat(host.fallbacks()).containsOnlyKeys(Reason.NODE_BUDGET);
    for (int i = 0; i < CONNECTIONS; i++) {
      reads("c" + i);
    }
    long before = host.fallbacks().getOrDefault(Reason.NODE_BUDGET, 0L);
    opens("new");
    sends("new");
    reads("new");
    assertThat(host.fallbacks()).isEqualTo(Map.of(Reason.NODE_BUDGET, before));
  }

  @Test
  void whatSendersLeaveBehindStaysCountedUntilItIsReadOrClosed() throws Exception {
    for (int i = 0; i < CONNECTIONS; i++) {
      sends("c" + i);
      puppet.does("close c" + i + ".client");
    }
    long before = host.fallbacks().getOrDefault(Reason.NODE_BUDGET, 0L);
    opens("late");
    sends("late");
    assertThat(host.fallbacks()).isEqualTo(Map.of(Reason.NODE_BUDGET, before + 1));
    reads("late");
    for (int i = 0; i < CONNECTIONS; i++) {
      puppet.does("close c" + i + ".server");
    }
    opens("new");
    sends("new");
    reads("new");
    assertThat(host.fallbacks()).isEqualTo(Map.of(Reason.NODE_BUDGET, before + 1));
  }

  private void opens(String connection) throws Exception {
    puppet.opens(connection, "l", PORT, "polling", "polling");
    puppet.exchanges(connection);
  }

  private void sends(String connection) throws Exception {
    for (int i = 0; i < MESSAGES; i++) {
      puppet.does("send " + connection + ".client " + KIB_64);
    }
  }

  private void reads(String connection) throws Exception {
    puppet.does("receive " + connection + ".server " + MESSAGES * KIB_64);
  }
}
