package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.traffic.TrafficHost.Conducting;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Ends leave their sockhash in two phases, each when nothing can be lost by it. */
@OnBpfKernel
class LeavingTest {
  private static final int PORT = 15001;

  @RegisterExtension final TrafficHost host = new TrafficHost(Conducting.BY_HAND);
  private Puppet client;
  private Puppet server;

  /** The ends are in two namespaces, so that a walk visits one of them. */
  @BeforeEach
  void openConnection() throws Exception {
    Namespace near = host.namespace();
    Namespace far = host.namespace();
    Namespace.join(near, "10.9.0.1/24", far, "10.9.0.2/24");
    client = host.puppet(near);
    server = host.puppet(far);
    host.apply(policy("Accelerate"));
    server.does("listen l 10.9.0.2 " + PORT + " polling");
    client.does("connect a 10.9.0.2 " + PORT + " polling");
    server.does("accept a l polling");
    server.exchanges(client, "a");
    for (int i = 0; i < 3; i++) {
      settle();
    }
    assertThat(host.socketsInSockhashes()).isEqualTo(2);
    server.exchanges(client, "a");
    assertThat(host.datapath().connections()).allMatch(c -> c.redirectedBytes() > 0);
  }

  @Test
  void anEndStaysUntilItsPeerSaidThatItRedirectsNothingAnyMore() throws Exception {
    host.apply(policy("Bypass"));
    server.settles();
    assertThat(host.socketsInSockhashes()).isEqualTo(2);
    settle();
    settle();
    assertThat(host.socketsInSockhashes()).isZero();
    server.exchanges(client, "a");
  }

  @Test
  void anEndOnItsWayOutSendsByTcp() throws Exception {
    host.apply(policy("Bypass"));
    server.settles();
    assertThat(host.socketsInSockhashes()).isEqualTo(2);
    long before = host.bytesRedirectedByOpenConnections();
    server.does("send a.server 100");
    client.does("receive a.client 100");
    assertThat(host.bytesRedirectedByOpenConnections()).isEqualTo(before);
    settle();
    settle();
    assertThat(host.socketsInSockhashes()).isZero();
  }

  @Test
  void anEndStaysUntilItHasReadWhatWasRedirectedToIt() throws Exception {
    client.does("send a.client 100");
    host.apply(policy("Bypass"));
    settle();
    settle();
    assertThat(host.socketsInSockhashes()).isOne();
    client.does("send a.client 100");
    server.does("receive a.server 200");
    settle();
    assertThat(host.socketsInSockhashes()).isZero();
    server.exchanges(client, "a");
  }

  /** The sender has decided to redirect, and waits for the lock of its peer. */
  @Test
  void anEndStaysUntilARedirectToItThatIsUnderWayHasArrived() throws Exception {
    client.does("send a.client 1");
    server.does("start r receive_slowly a.server 1");
    server.does("page_is_used");
    client.does("start s send a.client 100");
    client.waitsForItsLock("s");
    host.apply(policy("Bypass"));
    client.settles();
    assertThat(host.endsThatLeft()).isZero();
    server.does("page_comes");
    server.does("finish r");
    client.does("finish s");
    settle();
    settle();
    assertThat(host.socketsInSockhashes()).isOne();
    server.does("receive a.server 100");
    settle();
    assertThat(host.socketsInSockhashes()).isZero();
    server.exchanges(client, "a");
  }

  private void settle() throws Exception {
    client.settles();
    server.settles();
  }

  private static String policy(String action) {
    return """
    apiVersion: shunt.dev/v1alpha1
    kind: AccelerationPolicy
    metadata: {name: all}
    spec: {action: %s, match: {ports: ["%d"], cgroups: ["%%CGROUP/**"]}}
    """
        .formatted(action, PORT);
  }
}
