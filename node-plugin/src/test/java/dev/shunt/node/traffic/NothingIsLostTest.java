package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.traffic.TrafficHost.Conducting;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Moments at which a byte could be lost, reordered or stranded, produced one by one. */
@OnBpfKernel
class NothingIsLostTest {
  private static final int PORT = 15001;

  @RegisterExtension final TrafficHost host = new TrafficHost(Conducting.BY_HAND);
  private Puppet puppet;

  @BeforeEach
  void openNamespace() throws Exception {
    puppet = host.puppet(host.namespace());
  }

  @Test
  void anEndWhosePeerNeverFollowsKeepsWhatCameByTcp() throws Exception {
    host.apply(policy("Settled"));
    puppet.does("listen l 127.0.0.1 " + PORT + " polling");
    for (int i = 0; i < 8; i++) {
      puppet.opens("c" + i, "l", PORT, "polling", "polling");
      puppet.exchanges("c" + i);
    }
    // Both ends are found fit, and the second one enters.
    puppet.does("pause 0.05");
    puppet.conducts();
    // Now neither end is fit, for each has something to read; the first never follows.
    for (int i = 0; i < 8; i++) {
      puppet.does("send c" + i + ".client 5000");
      puppet.does("send c" + i + ".server 5000");
    }
    for (int i = 0; i < 15; i++) {
      puppet.does("pause 0.1");
      puppet.conducts();
    }
    for (int i = 0; i < 8; i++) {
      puppet.does("receive c" + i + ".client 5000");
      puppet.does("receive c" + i + ".server 5000");
      puppet.exchanges("c" + i);
    }
  }

  @Test
  void aBlockingServerBehindANonBlockingListenerNeverSeesEagain() throws Exception {
    host.apply(policy("Handshake"));
    puppet.does("listen l 127.0.0.1 " + PORT + " polling");
    puppet.opens("a", "l", PORT, "polling", "blocking");
    puppet.exchanges("a");
    for (int i = 0; i < 3; i++) {
      puppet.does("start r receive a.server 4000001");
      puppet.sleepsOnItsSocket("r");
      puppet.does("send a.client 1");
      puppet.does("start s send a.client 4000000");
      puppet.does("finish r");
      puppet.does("finish s");
      puppet.exchanges("a");
    }
  }

  @Test
  void aSocketThatIsConnectedAnewReadsNothingOfItsFirstConnection() throws Exception {
    host.apply(policy("Handshake"));
    puppet.does("listen l 127.0.0.1 " + PORT + " polling");
    puppet.does("listen elsewhere 127.0.0.1 15002 polling");
    puppet.opens("a", "l", PORT, "polling", "polling");
    puppet.exchanges("a");
    puppet.does("send a.server 5000");
    assertThat(host.datapath().connections()).anyMatch(c -> c.redirectedBytes() >= 5000);
    puppet.does("disconnect a.client");
    puppet.does("reconnect b a.client 127.0.0.1 15002");
    puppet.does("accept b elsewhere polling");
    puppet.exchanges("b");
    puppet.exchanges("b");
  }

  private static String policy(String enrolment) {
    return """
    apiVersion: shunt.dev/v1alpha1
    kind: AccelerationPolicy
    metadata: {name: lossless}
    spec: {enrolment: %s, match: {ports: ["%d"], cgroups: ["%%CGROUP"]}, limits: {backlogBytes: 16Ki, backlogMessages: 128}}
    """
        .formatted(enrolment, PORT);
  }
}
