package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.datapath.Reason;
import dev.shunt.node.traffic.TrafficHost.Conducting;
import java.io.Closeable;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Reasons that programs alone do not bring about: it takes another host, a change of policies, full
 * maps, somebody else's sockhash, or two connections with one handshake. Each connection counts
 * under its reason alone, and every byte arrives.
 */
@OnBpfKernel
class RareReasonsTest {
  private static final int PORT = 15001;
  private static final int KIB_64 = 64 << 10;

  @RegisterExtension final TrafficHost host = new TrafficHost(Conducting.BY_HAND);
  private Namespace namespace;
  private Puppet puppet;

  @BeforeEach
  void useNamespace() throws Exception {
    namespace = host.namespace();
    puppet = host.puppet(namespace);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Settled", "Handshake"})
  void aServerOnAnotherHost(String enrolment) throws Exception {
    host.apply(policy(enrolment));
    Puppet server = remote();
    server.does("listen l 10.9.0.2 " + PORT + " polling");
    puppet.does("connect a 10.9.0.2 " + PORT + " polling");
    server.does("accept a l polling");
    exchange(puppet, server);
    isRefusedFor(Reason.REMOTE_PEER);
    exchange(puppet, server);
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.REMOTE_PEER, 1L));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Settled", "Handshake"})
  void aClientOnAnotherHost(String enrolment) throws Exception {
    host.apply(policy(enrolment));
    Puppet client = remote();
    puppet.does("listen l 10.9.0.1 " + PORT + " polling");
    client.does("connect a 10.9.0.1 " + PORT + " polling");
    puppet.does("accept a l polling");
    exchange(client, puppet);
    isRefusedFor(Reason.REMOTE_PEER);
    exchange(client, puppet);
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.REMOTE_PEER, 1L));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Settled", "Handshake"})
  void aPolicyThatDoesNotMatchAnyMore(String enrolment) throws Exception {
    host.apply(policy(enrolment));
    listensAndOpens("a");
    puppet.settles();
    assertThat(host.datapath().status().acceleratedLive()).isEqualTo(1);
    puppet.exchanges("a");

    host.apply(policy(enrolment).replace(Integer.toString(PORT), "15009"));
    puppet.settles();
    isRefusedFor(Reason.NO_POLICY);
    puppet.exchanges("a");
    assertThat(host.datapath().status().live()).isEqualTo(1);
  }

  @Test
  void aClientWhoseServerNeverSawTheHandshakesEnd() throws Exception {
    host.apply(policy("Settled"));
    // TCP_DEFER_ACCEPT: without data from the client, its server goes on waiting for the handshake.
    puppet.does("listen l 127.0.0.1 " + PORT + " polling 6:9=60");
    puppet.does("connect a 127.0.0.1 " + PORT + " polling");
    assertThat(host.datapath().status().live()).isZero();
    puppet.does("close a.client reset");
    isRefusedFor(Reason.UNPAIRED);
    assertThat(host.datapath().status().live()).isZero();
  }

  @Test
  void anOldConnectionWhoseOtherEndIsNotFound() throws Exception {
    host.apply(policy("Settled").replace(Integer.toString(PORT), "15009"));
    Puppet client = remote();
    puppet.does("listen l 10.9.0.1 " + PORT + " polling");
    client.does("connect a 10.9.0.1 " + PORT + " polling");
    puppet.does("accept a l polling");
    exchange(client, puppet);
    host.apply(policy("Settled"));
    for (int i = 0; i < 40; i++) {
      puppet.does("walk " + host.pin("shunt_adopter_iter"));
    }
    isRefusedFor(Reason.UNPAIRED);
    exchange(client, puppet);
    assertThat(host.datapath().status().live()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Settled", "Handshake"})
  void twoHandshakesAtOnceThatLookTheSame(String enrolment) throws Exception {
    precedeTwins();
    host.apply(policy(enrolment));
    openTwoAtOnceFromOneNumber();
    puppet.settles();
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.DUPLICATE_FINGERPRINT, 2L));
    assertThat(host.datapath().status().accelerated()).isZero();
    assertThat(host.socketsInSockhashes()).isZero();
    puppet.exchanges("a");
    puppet.exchanges("b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Settled", "Handshake"})
  void twoHandshakesAtOnceWithOneNumberInCommon(String enrolment) throws Exception {
    host.apply(policy(enrolment));
    openTwoAtOnceFromOneNumber();
    puppet.exchanges("a");
    puppet.exchanges("b");
    puppet.settles();
    assertThat(host.socketsInSockhashes()).isEqualTo(4);
    puppet.exchanges("a");
    puppet.exchanges("b");
  }

  /** And the same addresses and ports. Of the other connection only the client is seen. */
  @ParameterizedTest
  @ValueSource(strings = {"Settled", "Handshake"})
  void aHandshakeInAnotherNamespaceThatLooksTheSame(String enrolment) throws Exception {
    Namespace elsewhere = host.namespace();
    Puppet client = host.puppet(elsewhere);
    Puppet server = host.remotePuppet(elsewhere);
    host.apply(policy("Settled").replace(Integer.toString(PORT), "15009"));
    puppet.does("precede 127.0.0.1 " + PORT + " 40001 1000 2000");
    client.does("precede 127.0.0.1 " + PORT + " 40001 1000 2000");
    host.apply(policy(enrolment));
    // TCP_DEFER_ACCEPT: the request waits for data.
    puppet.does("listen l 127.0.0.1 " + PORT + " polling 6:9=60");
    puppet.does("follow a 127.0.0.1 " + PORT + " 40001 1000000 polling");
    server.does("listen l 127.0.0.1 " + PORT + " polling");
    client.does("follow b 127.0.0.1 " + PORT + " 40001 1000000 polling");
    server.does("accept b l polling");
    puppet.does("send a.client 100");
    puppet.does("accept a l polling");
    puppet.does("receive a.server 100");
    server.exchanges(client, "b");
    puppet.exchanges("a");
    puppet.settles();
    client.settles();
    assertThat(host.reasons()).containsEntry(Reason.REMOTE_PEER, 1L);
    assertThat(host.socketsInSockhashes()).isEqualTo(2);
    server.exchanges(client, "b");
    puppet.exchanges("a");
  }

  @Test
  void whatFollowsAMessageByTcpWaitsUntilThatIsRead() throws Exception {
    host.apply(policy("Handshake"));
    puppet.does("listen l 127.0.0.1 " + PORT + " polling 6:9=60");
    puppet.does("connect a 127.0.0.1 " + PORT + " polling");
    puppet.does("send a.client 100"); // before its server is there
    puppet.does("accept a l polling");
    puppet.does("send a.client 100");
    assertThat(host.bytesRedirectedByOpenConnections()).isZero();
    puppet.does("receive a.server 200");
    puppet.does("send a.client 100");
    puppet.does("receive a.server 100");
    assertThat(host.bytesRedirectedByOpenConnections()).isEqualTo(100);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Settled", "Handshake"})
  void aHandshakeThatLooksLikeAnOpenConnections(String enrolment) throws Exception {
    precedeTwins();
    host.apply(policy(enrolment));
    puppet.does("listen l 127.0.0.1 " + PORT + " polling");
    puppet.does("follow a 127.0.0.1 " + PORT + " 40001 1000000 polling");
    puppet.does("accept a l polling");
    puppet.exchanges("a");
    puppet.settles();
    puppet.does("send a.server 100");
    puppet.does("follow b 127.0.0.1 " + PORT + " 40002 1000000 polling");
    puppet.does("accept b l polling");
    assertThat(host.socketsInSockhashes()).isEqualTo(2);
    puppet.does("receive a.client 100");
    puppet.exchanges("b");
    puppet.settles();
    DatapathStatus status = host.datapath().status();
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.DUPLICATE_FINGERPRINT, 1L));
    assertThat(status.acceleratedLive()).isEqualTo(1);
    puppet.exchanges("a");
    puppet.exchanges("b");
    puppet.does("close b.client");
    puppet.does("close b.server");
    puppet.settles();
    assertThat(host.datapath().status().acceleratedLive()).isEqualTo(1);
    puppet.exchanges("a");
  }

  @Test
  void aMessageBeforeItsServerKnowsThatItsHandshakeLooksLikeAnOpenConnections() throws Exception {
    precedeTwins();
    host.apply(policy("Settled"));
    // TCP_DEFER_ACCEPT: the server's end of a handshake waits for data.
    puppet.does("listen l 127.0.0.1 " + PORT + " polling 6:9=60");
    puppet.does("follow a 127.0.0.1 " + PORT + " 40001 1000000 polling");
    puppet.does("send a.client 100");
    puppet.does("accept a l polling");
    puppet.does("receive a.server 100");
    puppet.exchanges("a");
    puppet.settles();
    assertThat(host.datapath().status().acceleratedLive()).isEqualTo(1);

    host.apply(policy("Handshake"));
    puppet.does("follow b 127.0.0.1 " + PORT + " 40002 1000000 polling");
    puppet.does("send b.client 100");
    puppet.does("accept b l polling");
    puppet.does("receive b.server 100");
    puppet.exchanges("b");
    puppet.exchanges("a");
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.DUPLICATE_FINGERPRINT, 1L));
  }

  @Test
  void twoOldConnectionsWhoseHandshakesLookedTheSame() throws Exception {
    precedeTwins();
    puppet.does("listen l 127.0.0.1 " + PORT + " polling");
    puppet.does("follow a 127.0.0.1 " + PORT + " 40001 1000000 polling");
    puppet.does("accept a l polling");
    puppet.does("follow b 127.0.0.1 " + PORT + " 40002 1000000 polling");
    puppet.does("accept b l polling");
    puppet.exchanges("a");
    puppet.exchanges("b");
    host.apply(policy("Settled"));
    for (int i = 0; i < 8; i++) {
      puppet.does("walk " + host.pin("shunt_adopter_iter"));
    }
    puppet.exchanges("a");
    puppet.exchanges("b");
    puppet.settles();
    puppet.exchanges("a");
    puppet.exchanges("b");
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.DUPLICATE_FINGERPRINT, 2L));
    assertThat(host.socketsInSockhashes()).isZero();
    assertThat(host.datapath().status().live()).isEqualTo(2);
  }

  @Test
  void anOldConnectionOneEndOfWhichClosesBeforeItLearnsThatItWasFound() throws Exception {
    host.apply(policy("Settled").replace(Integer.toString(PORT), "15009"));
    Namespace far = host.namespace();
    Namespace.join(namespace, "10.9.0.1/24", far, "10.9.0.2/24");
    Puppet server = host.puppet(far);
    server.does("listen l 10.9.0.2 " + PORT + " polling");
    puppet.does("connect a 10.9.0.2 " + PORT + " polling");
    server.does("accept a l polling");
    host.apply(policy("Settled"));
    String adopter = "walk " + host.pin("shunt_adopter_iter");
    puppet.does(adopter);
    server.does(adopter);
    puppet.does(adopter);
    assertThat(host.entriesOf("shunt_bonds")).isEqualTo(1);
    server.does("close a.server");
    puppet.does("close a.client");
    assertThat(host.entriesOf("shunt_bonds")).isZero();
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.NOT_SETTLED, 1L));
    assertThat(host.datapath().status().live()).isZero();
  }

  /** Two requests, of one client's number, that wait for data both before either is accepted. */
  private void openTwoAtOnceFromOneNumber() throws Exception {
    // TCP_DEFER_ACCEPT
    puppet.does("listen l 127.0.0.1 " + PORT + " polling 6:9=60");
    puppet.does("follow a 127.0.0.1 " + PORT + " 40001 1000000 polling");
    puppet.does("follow b 127.0.0.1 " + PORT + " 40002 1000000 polling");
    for (String name : new String[] {"a", "b"}) {
      puppet.does("send " + name + ".client 100");
      puppet.does("accept " + name + " l polling");
      puppet.does("receive " + name + ".server 100");
    }
  }

  /** What makes the kernel give the next connections of two pairs of ports the same numbers. */
  private void precedeTwins() throws Exception {
    host.apply(policy("Settled").replace(Integer.toString(PORT), "15009"));
    puppet.does("precede 127.0.0.1 " + PORT + " 40001 1000 2000");
    puppet.does("precede 127.0.0.1 " + PORT + " 40002 1000 2000");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Settled", "Handshake"})
  void moreConnectionsThanTheMapHasRoomFor(String enrolment) throws Exception {
    host.reopens(2, 0);
    useNamespace();
    host.apply(policy(enrolment));
    listensAndOpens("a");
    puppet.settles();
    opens("b");
    puppet.settles();
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.MAP_FULL, 1L));
    assertThat(host.datapath().status().acceleratedLive()).isEqualTo(1);
    assertThat(host.socketsInSockhashes()).isEqualTo(2);
    puppet.exchanges("a");
    puppet.exchanges("b");

    puppet.does("close a.client");
    puppet.does("close a.server");
    opens("c");
    puppet.settles();
    assertThat(host.datapath().status().acceleratedLive()).isEqualTo(1);
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.MAP_FULL, 1L));
    puppet.exchanges("c");
  }

  @Test
  void moreMessagesUnreadThanThePolicyAllows() throws Exception {
    opensWithAtMostEightMessagesUnread();
    assertThat(host.datapath().status().acceleratedLive()).isEqualTo(1);
    sends("a.client", 12);
    assertThat(host.fallbacks()).isEqualTo(Map.of(Reason.BACKLOG_MESSAGES, 1L));
    puppet.does("receive a.server 12");
    redirectsAgain();
  }

  /** Its queue is never empty when it sends, which is what its peer sees. */
  @Test
  void manyMessagesOfWhichFewAreUnread() throws Exception {
    opensWithAtMostEightMessagesUnread();
    long before = host.bytesRedirectedByOpenConnections();
    sends("a.client", 8);
    for (int i = 0; i < 10; i++) {
      puppet.does("receive a.server 4");
      sends("a.client", 4);
    }
    assertThat(host.fallbacks()).isEmpty();
    assertThat(host.bytesRedirectedByOpenConnections()).isEqualTo(before + 48);
  }

  @Test
  void moreMessagesUnreadThanThePolicyAllowsInAQueueThatWasRead() throws Exception {
    opensWithAtMostEightMessagesUnread();
    long before = host.bytesRedirectedByOpenConnections();
    sends("a.client", 8);
    puppet.does("receive a.server 4");
    sends("a.client", 4);
    puppet.does("receive a.server 3");
    sends("a.client", 1);
    assertThat(host.fallbacks()).isEqualTo(Map.of(Reason.BACKLOG_MESSAGES, 1L));
    assertThat(host.bytesRedirectedByOpenConnections()).isEqualTo(before + 12);
    puppet.does("receive a.server 6");
    redirectsAgain();
  }

  private void opensWithAtMostEightMessagesUnread() throws Exception {
    host.apply(policy("Handshake").replace("{action", "{limits: {backlogMessages: 8}, action"));
    listensAndOpens("a");
  }

  private void sends(String end, int messages) throws IOException {
    for (int i = 0; i < messages; i++) {
      puppet.does("send " + end + " 1");
    }
  }

  @Test
  void moreBytesUnreadThanTheNodeHasFor() throws Exception {
    host.reopens(4096, 8 * KIB_64);
    useNamespace();
    host.apply(policy("Handshake"));
    listensAndOpens("a");
    for (int i = 0; i < 12; i++) {
      puppet.does("send a.client " + KIB_64);
    }
    assertThat(host.fallbacks()).isEqualTo(Map.of(Reason.NODE_BUDGET, 1L));
    // The budget is the whole node's: this reader has nothing unread, and may have little.
    opens("b");
    puppet.does("send b.client " + KIB_64);
    puppet.does("send b.client " + KIB_64);
    assertThat(host.fallbacks()).isEqualTo(Map.of(Reason.NODE_BUDGET, 2L));
    puppet.does("receive b.server " + 2 * KIB_64);
    puppet.does("receive a.server " + 12 * KIB_64);
    redirectsAgain();
  }

  private void redirectsAgain() throws Exception {
    long before = host.bytesRedirectedByOpenConnections();
    puppet.does("send a.client 100");
    puppet.does("receive a.server 100");
    assertThat(host.bytesRedirectedByOpenConnections()).isEqualTo(before + 100);
    assertThat(host.reasons()).isEmpty();
  }

  @Test
  void aSocketInSomebodyElsesSockhash() throws Exception {
    host.apply(policy("Settled"));
    Closeable other = host.another(policy("Handshake"));
    listensAndOpens("a");
    isRefusedFor(Reason.KERNEL_REFUSED);
    puppet.exchanges("a");
    other.close();
    puppet.settles();
    assertThat(host.reasons()).isEmpty();
    assertThat(host.datapath().status().acceleratedLive()).isEqualTo(1);
    puppet.exchanges("a");
  }

  private void listensAndOpens(String connection) throws Exception {
    puppet.does("listen l 127.0.0.1 " + PORT + " polling");
    opens(connection);
  }

  private void opens(String connection) throws Exception {
    puppet.opens(connection, "l", PORT, "polling", "polling");
    puppet.exchanges(connection);
  }

  /** At 10.9.0.2; this host is 10.9.0.1. */
  private Puppet remote() throws Exception {
    Namespace far = host.namespace();
    Namespace.join(namespace, "10.9.0.1/24", far, "10.9.0.2/24");
    return host.remotePuppet(far);
  }

  private static void exchange(Puppet client, Puppet server) throws Exception {
    client.does("send a.client 100");
    server.does("receive a.server 100");
    server.does("send a.server 100");
    client.does("receive a.client 100");
  }

  private void isRefusedFor(Reason reason) throws Exception {
    puppet.settles();
    assertThat(host.reasons()).isEqualTo(Map.of(reason, 1L));
    assertThat(host.datapath().status().accelerated()).isZero();
    assertThat(host.socketsInSockhashes()).isZero();
  }

  private static String policy(String enrolment) {
    return """
    apiVersion: shunt.dev/v1alpha1
    kind: AccelerationPolicy
    metadata: {name: all}
    spec: {action: Accelerate, enrolment: %s, match: {ports: ["%d"], cgroups: ["%%CGROUP/**"]}}
    """
        .formatted(enrolment, PORT);
  }
}
