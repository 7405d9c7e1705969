package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.datapath.Reason;
import dev.shunt.node.traffic.TrafficHost.Conducting;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * While one condition of safety does not hold for one end, the pair is not enrolled and is counted
 * under that reason alone; and it is enrolled once the condition holds, if it ever can.
 */
@OnBpfKernel
class SafetyConditionsTest {
  private static final int PORT = 15001;
  private static final String POLICY = policy("all", "Accelerate", "%CGROUP/**");
  private static final String MAY_BLOCK =
      POLICY.replace("{action", "{blockingSockets: Accept, action");
  private static final int MSG_WAITALL = 256;
  private static final int SPLICES = 2;
  private static final int NEVER_SPLICES = 1;

  @RegisterExtension final TrafficHost host = new TrafficHost(Conducting.BY_HAND);
  private Namespace namespace;
  private Puppet puppet;

  @BeforeEach
  void applyPolicy() throws Exception {
    namespace = host.namespace();
    puppet = host.puppet(namespace);
    host.apply(POLICY);
  }

  @Test
  void aPairThatNothingSpeaksAgainstIsEnrolled() throws Exception {
    opens("polling", "polling");
    isEnrolled();
  }

  @ParameterizedTest
  @ValueSource(strings = {"client", "server"})
  void aBlockingEnd(String end) throws Exception {
    opens(
        end.equals("client") ? "blocking" : "polling",
        end.equals("server") ? "blocking" : "polling");
    isRefusedFor(Reason.BLOCKING_SOCKET);
    puppet.does("set a." + end + " polling");
    host.apply(POLICY); // what a program does for good is judged anew when policies are
    isEnrolled();
  }

  @ParameterizedTest
  @ValueSource(strings = {"client", "server"})
  void aReceiveLowWaterMark(String end) throws Exception {
    opens("polling", "polling");
    puppet.does("set a." + end + " 1:18=2");
    isRefusedFor(Reason.RECEIVE_LOW_WATER);
    puppet.does("set a." + end + " 1:18=1");
    host.apply(POLICY);
    isEnrolled();
  }

  @ParameterizedTest
  @ValueSource(strings = {"client", "server"})
  void aReaderThatSleepsInRecvIsRedirectedToOnceItReadOn(String end) throws Exception {
    host.apply(MAY_BLOCK);
    opens("blocking", "blocking");
    sleepsInRecv("r", end, 100);
    enters();
    puppet.does("send a.%s 100".formatted(other(end)));
    puppet.does("finish r");
    assertThat(host.bytesRedirectedByOpenConnections()).isZero();
    isEnrolled();
  }

  @Test
  void aReaderThatSleepsInRecvForMoreThanOneByteIsNotRedirectedTo() throws Exception {
    host.apply(MAY_BLOCK);
    opens("blocking", "blocking");
    sleepsInRecv("r", "server", 100, MSG_WAITALL);
    enters();
    puppet.does("send a.client 50");
    puppet.sleepsOnItsSocket("r");
    puppet.does("send a.client 50");
    puppet.does("finish r");
    assertThat(host.bytesRedirectedByOpenConnections()).isZero();
  }

  @Test
  void aReaderIsNotRedirectedToWhileAnotherSleepsInRecv() throws Exception {
    host.apply(MAY_BLOCK);
    opens("blocking", "blocking");
    sleepsInRecv("r", "server", 1);
    sleepsInRecv("q", "server", 1);
    enters();
    puppet.does("send a.client 1");
    puppet.does("one_ends r q");
    puppet.does("send a.client 1");
    puppet.does("finish r");
    puppet.does("finish q");
    assertThat(host.bytesRedirectedByOpenConnections()).isZero();
  }

  /** Who then waits for more than one byte sleeps where redirected data wakes nobody. */
  @Test
  void aReaderProvesOnlyWhatItRead() throws Exception {
    host.apply(MAY_BLOCK);
    opens("blocking", "blocking");
    puppet.does("set a.client " + Puppet.NODELAY);
    sleepsInRecv("r", "server", 1);
    enters();
    puppet.does("send a.client 1");
    puppet.does("finish r");
    puppet.does("send a.client 1");
    puppet.does("receive a.server 1");
    assertThat(host.bytesRedirectedByOpenConnections()).isOne();
    puppet.does("send a.client 1 " + Puppet.BY_TCP);
    sleepsInRecv("q", "server", 2, MSG_WAITALL);
    puppet.does("send a.client 1");
    puppet.does("finish q");
    assertThat(host.bytesRedirectedByOpenConnections()).isOne();
  }

  /** Which found data there before it waited, and sleeps where only TCP wakes it. */
  @Test
  void aReaderIsNotRedirectedToWhileAnotherWaitsForItsLock() throws Exception {
    host.apply(MAY_BLOCK);
    opens("blocking", "blocking");
    puppet.does("start r receive_slowly a.server 1");
    puppet.sleepsOnItsSocket("r");
    enters();
    puppet.does("send a.client 1");
    puppet.does("page_is_used");
    puppet.does("start q receive a.server 1");
    puppet.waitsForItsLock("q");
    puppet.does("page_comes");
    puppet.does("finish r");
    puppet.sleepsOnItsSocket("q");
    puppet.does("send a.client 1");
    puppet.does("finish q");
    assertThat(host.bytesRedirectedByOpenConnections()).isZero();
  }

  @Test
  void aReaderThatWaitedForMoreThanOneByteDoesNotEnterAsleep() throws Exception {
    host.apply(MAY_BLOCK);
    opens("blocking", "blocking");
    puppet.does("send a.client 100");
    puppet.does("receive a.server 100 " + MSG_WAITALL);
    sleepsInRecv("r", "server", 100);
    isNotEnrolledYet();
    puppet.does("send a.client 100");
    puppet.does("finish r");
    isEnrolled();
  }

  @Test
  void aReaderThatEnteredAsleepLeavesAsleep() throws Exception {
    host.apply(MAY_BLOCK);
    opens("blocking", "blocking");
    sleepsInRecv("r", "server", 100);
    enters();
    host.apply(policy("all", "Bypass", "%CGROUP/**"));
    puppet.settles();
    assertThat(host.socketsInSockhashes()).isZero();
    puppet.does("send a.client 100");
    puppet.does("finish r");
  }

  @ParameterizedTest
  @ValueSource(strings = {"client", "server"})
  void bytesThatAreUnread(String end) throws Exception {
    opens("polling", "polling");
    puppet.does("send a.%s 100".formatted(other(end)));
    isNotEnrolledYet();
    puppet.does("receive a.%s 100".formatted(end));
    isEnrolled();
  }

  @Test
  void aWalkWaitsForAnEndThatHasSomethingToReadButNotAgainAndAgain() throws Exception {
    opens("polling", "polling");
    puppet.does("pause 0.05"); // older than the settle time
    puppet.does("send a.client 100");
    host.trustsEveryProgram();
    String walk = "walk " + host.pin("shunt_conductor_iter");
    assertThat(puppet.tries(walk)).isEqualTo("ok 384");
    assertThat(puppet.tries(walk)).isEqualTo("ok 0");
    puppet.does("receive a.server 100");
    isEnrolled();
  }

  @Test
  void anEndThatHasBeenInForLongLeavesWhenItsPeerMust() throws Exception {
    opens("polling", "polling");
    isEnrolled();
    puppet.settles(); // nothing is left to do for either
    puppet.does("set a.client 1:60=1"); // SO_ZEROCOPY
    puppet.does("send a.client 100");
    puppet.does("receive a.server 100");
    puppet.settles();
    assertThat(host.socketsInSockhashes()).isZero();
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.SOCKET_OPTION, 1L));
  }

  @ParameterizedTest
  @CsvSource({"1:18=2, RECEIVE_LOW_WATER", "6:36=1, SOCKET_OPTION"}) // SO_RCVLOWAT, TCP_INQ
  void aReaderThatHasBeenInForLongLeavesAtTheFirstMessageAfterItChanged(
      String option, Reason reason) throws Exception {
    opens("polling", "polling");
    isEnrolled();
    puppet.settles(); // nothing is left to do for either
    long before = host.bytesRedirectedByOpenConnections();
    puppet.does("set a.server " + option);
    puppet.does("send a.client 100");
    puppet.does("receive a.server 100");
    puppet.settles();
    assertThat(host.socketsInSockhashes()).isZero();
    assertThat(host.reasons()).isEqualTo(Map.of(reason, 1L));
    assertThat(host.bytesRedirectedByOpenConnections()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"discard a.server 50", "ask a.server"})
  void aProgramThatReadsAsOnlyTcpAnswers(String how) throws Exception {
    opens("polling", "polling");
    puppet.does("send a.client 100");
    puppet.does(how);
    puppet.does("receive a.server " + (how.startsWith("discard") ? 50 : 100));
    isRefusedFor(Reason.SOCKET_OPTION);
  }

  @Test
  void aProgramThatSendsControlMessages() throws Exception {
    opens("polling", "polling");
    puppet.does("send_with_control a.client 100");
    puppet.does("receive a.server 100");
    isRefusedFor(Reason.SOCKET_OPTION);
  }

  @Test
  void aProgramThatSendsControlMessagesOnceItIsKnown() throws Exception {
    opens("polling", "blocking");
    isRefusedFor(Reason.BLOCKING_SOCKET); // on visits, which mark whose program is known
    puppet.does("send_with_control a.client 100");
    puppet.does("receive a.server 100");
    puppet.does("set a.server polling");
    host.apply(POLICY);
    isRefusedFor(Reason.SOCKET_OPTION);
  }

  @Test
  void aProgramThatOnlySendsOnASocketThatIsConnectedOnceMore() throws Exception {
    opens("polling", "polling");
    isEnrolled();
    puppet.does("disconnect a.client");
    puppet.does("close a.server");
    puppet.does("reconnect b a.client 127.0.0.1 " + PORT);
    puppet.does("accept b l polling");
    puppet.does("send b.client 100");
    puppet.does("receive b.server 100");
    puppet.settles();
    assertThat(host.datapath().status().acceleratedLive()).isEqualTo(1);
  }

  @Test
  void aProgramThatSentAnUrgentByteLeaves() throws Exception {
    opens("polling", "polling");
    isEnrolled();
    long before = host.bytesRedirectedByOpenConnections();
    puppet.does("send a.client 1 1"); // MSG_OOB
    puppet.does("receive a.server 1"); // in the stream, this once
    assertThat(host.bytesRedirectedByOpenConnections()).isEqualTo(before);
    puppet.settles();
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.SOCKET_OPTION, 1L));
  }

  @Test
  void aProgramThatSendsAfterItEndedItsStream() throws Exception {
    opens("polling", "polling");
    isEnrolled();
    puppet.does("shutdown a.client 1");
    assertThat(puppet.tries("send a.client 100")).contains("BrokenPipeError");
    puppet.does("eof a.server");
  }

  @Test
  void aProgramThatMappedItsSocket() throws Exception {
    opens("polling", "polling");
    puppet.does("map a.server");
    isRefusedFor(Reason.SOCKET_OPTION);
    puppet.does("unmap");
    host.apply(POLICY);
    isEnrolled();
  }

  @Test
  void aProgramThatBeginsToReadAsOnlyTcpAnswersLeaves() throws Exception {
    opens("polling", "polling");
    isEnrolled();
    puppet.does("send a.client 100");
    puppet.does("discard a.server 100");
    puppet.settles();
    assertThat(host.socketsInSockhashes()).isZero();
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.SOCKET_OPTION, 1L));
  }

  @Test
  void aConnectionThatClosesWhileAConditionIsAwaitedWasNotSettled() throws Exception {
    opens("polling", "polling");
    puppet.does("send a.client 100");
    isNotEnrolledYet();
    puppet.does("close a.server");
    puppet.does("close a.client");
    host.await("closed", s -> s.live() == 0);
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.NOT_SETTLED, 1L));
  }

  @Test
  void aSenderThatMayLendItsPagesFromNowOnSendsByTcpAtOnce() throws Exception {
    opens("polling", "polling");
    isEnrolled();
    long before = host.bytesRedirectedByOpenConnections();
    puppet.does("set a.client 1:60=1"); // SO_ZEROCOPY
    puppet.does("send a.client 100");
    puppet.does("receive a.server 100");
    assertThat(host.bytesRedirectedByOpenConnections()).isEqualTo(before);
    puppet.settles();
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.SOCKET_OPTION, 1L));
  }

  @Test
  void aProgramOfWhichNothingIsKnownYet() throws Exception {
    opens("polling", "polling");
    puppet.does("pause 0.05");
    for (int i = 0; i < 4; i++) {
      puppet.does("walk " + host.pin("shunt_conductor_iter"));
    }
    assertThat(host.datapath().status().accelerated()).isZero();
    isEnrolled();
  }

  @Test
  void aProgramThatMaySplice() throws Exception {
    opens("polling", "polling");
    puppet.does("pause 0.05");
    for (int i = 0; i < 4; i++) {
      host.answersForEveryProgram(SPLICES);
      puppet.does("walk " + host.pin("shunt_conductor_iter"));
    }
    assertRefusedFor(Reason.MAY_SPLICE);
    host.answersForEveryProgram(NEVER_SPLICES);
    isEnrolled();
  }

  @Test
  void aProgramThatSplicedThoughItWasTrusted() throws Exception {
    opens("polling", "polling");
    puppet.does("send a.client 100");
    puppet.does("splice a.server 100");
    isRefusedFor(Reason.SPLICE_USER);
    host.apply(POLICY);
    isRefusedFor(Reason.SPLICE_USER);
  }

  @Test
  void anMptcpConnection() throws Exception {
    namespace.inside("sysctl", "-qw", "net.mptcp.enabled=1");
    puppet.does("listen l 127.0.0.1 " + PORT + " polling mptcp");
    puppet.opens("a", "l", PORT, "polling mptcp", "polling");
    puppet.exchanges("a");
    isRefusedFor(Reason.MPTCP);
    // Which says nothing against its listener: who connects by TCP gets a TCP connection.
    puppet.opens("b", "l", PORT, "polling", "polling");
    puppet.exchanges("b");
    puppet.settles();
    assertThat(host.datapath().status().acceleratedLive()).isEqualTo(1);
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.MPTCP, 1L));
    puppet.exchanges("b");
  }

  @Test
  void aProtocolAboveTcp() throws Exception {
    // kTLS need not be in the kernel; an MPTCP socket whose server speaks TCP has such a protocol
    // too.
    // Its handshake would tell MPTCP, so the policy comes later.
    namespace.inside("sysctl", "-qw", "net.mptcp.enabled=1");
    host.apply(POLICY.replace(Integer.toString(PORT), "15009"));
    puppet.does("listen l 127.0.0.1 " + PORT + " polling");
    puppet.opens("a", "l", PORT, "polling mptcp", "polling");
    puppet.exchanges("a");
    host.apply(POLICY);
    for (int i = 0; i < 4; i++) {
      puppet.does("walk " + host.pin("shunt_adopter_iter"));
    }
    puppet.exchanges("a");
    isRefusedFor(Reason.ULP);
  }

  @Test
  void dataWithTheSyn() throws Exception {
    // Client and server, without cookies, for every listener.
    namespace.inside("sysctl", "-qw", "net.ipv4.tcp_fastopen=1543");
    puppet.does("listen l 127.0.0.1 " + PORT + " polling");
    puppet.does("fastopen a 127.0.0.1 %d 100 polling".formatted(PORT));
    puppet.does("accept a l polling");
    puppet.does("receive a.server 100");
    namespace.inside(
        "sh", "-c", "nstat -asz TcpExtTCPFastOpenPassive | grep -qE 'FastOpenPassive +1 '");
    puppet.exchanges("a");
    isRefusedFor(Reason.FAST_OPEN);
    puppet.opens("b", "l", PORT, "polling", "polling");
    puppet.exchanges("b");
    puppet.settles();
    assertThat(host.datapath().status().acceleratedLive()).isEqualTo(1);
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.FAST_OPEN, 1L));
  }

  @Test
  void dataWithASynThatItsServerDoesNotTake() throws Exception {
    namespace.inside("sysctl", "-qw", "net.ipv4.tcp_fastopen=5"); // client only, without cookies
    puppet.does("listen l 127.0.0.1 " + PORT + " polling");
    puppet.does("fastopen a 127.0.0.1 %d 100 polling".formatted(PORT));
    puppet.does("accept a l polling");
    puppet.does("receive a.server 100");
    puppet.exchanges("a");
    isRefusedFor(Reason.FAST_OPEN);
  }

  @Test
  void aPeerThatDoesNotConsent() throws Exception {
    host.apply(POLICY + "---\n" + policy("client", "Bypass", "%CGROUP/elsewhere"));
    Puppet client = host.puppet(namespace, "elsewhere");
    puppet.does("listen l 127.0.0.1 " + PORT + " polling");
    client.does("connect a 127.0.0.1 %d polling".formatted(PORT));
    puppet.does("accept a l polling");
    assertRefusedFor(Reason.PEER_NOT_CONSENTING); // from the handshake on
    exchange(client);
    isRefusedFor(Reason.PEER_NOT_CONSENTING);
    host.apply(POLICY);
    puppet.settles();
    assertThat(host.datapath().status().acceleratedLive()).isEqualTo(1);
    exchange(client);
    assertThat(host.datapath().status().acceleratedLive()).isEqualTo(1);
  }

  private void exchange(Puppet client) throws Exception {
    client.does("send a.client 100");
    puppet.does("receive a.server 100");
    puppet.does("send a.server 100");
    client.does("receive a.client 100");
  }

  private static String other(String end) {
    return end.equals("client") ? "server" : "client";
  }

  private void opens(String clientMode, String serverMode) throws Exception {
    puppet.does("listen l 127.0.0.1 " + PORT + " polling");
    puppet.opens("a", "l", PORT, clientMode, serverMode);
    puppet.exchanges("a");
  }

  private void sleepsInRecv(String thread, String end, int count, int... flags) throws Exception {
    String asked = flags.length == 0 ? "" : " " + flags[0];
    puppet.does("start %s receive a.%s %d%s".formatted(thread, end, count, asked));
    puppet.sleepsOnItsSocket(thread);
  }

  /** Both ends are in their sockhashes, and nothing was sent since. */
  private void enters() throws Exception {
    puppet.settles();
    assertThat(host.datapath().status().acceleratedLive()).as("reasons %s", host.reasons()).isOne();
    assertThat(host.bytesRedirectedByOpenConnections()).isZero();
  }

  private void isRefusedFor(Reason reason) throws Exception {
    puppet.settles();
    assertRefusedFor(reason);
  }

  private void assertRefusedFor(Reason reason) throws Exception {
    DatapathStatus status = host.datapath().status();
    assertThat(host.reasons()).isEqualTo(Map.of(reason, 1L));
    assertThat(status.accelerated()).isZero();
    assertThat(host.socketsInSockhashes()).isZero();
  }

  private void isNotEnrolledYet() throws Exception {
    puppet.settles();
    DatapathStatus status = host.datapath().status();
    assertThat(status.live()).isEqualTo(1);
    assertThat(status.accelerated()).isZero();
    assertThat(host.reasons()).isEmpty();
  }

  private void isEnrolled() throws Exception {
    puppet.settles();
    DatapathStatus status = host.datapath().status();
    assertThat(status.acceleratedLive()).as("reasons %s", host.reasons()).isEqualTo(1);
    assertThat(host.reasons()).isEmpty();
    puppet.exchanges("a");
    puppet.exchanges("a");
    assertThat(host.datapath().connections()).allMatch(c -> c.redirectedBytes() > 0);
  }

  private static String policy(String name, String action, String cgroup) {
    return """
    apiVersion: shunt.dev/v1alpha1
    kind: AccelerationPolicy
    metadata: {name: %s}
    spec: {action: %s, priority: %d, match: {ports: ["%d"], cgroups: ["%s"]}}
    """
        .formatted(name, action, action.equals("Bypass") ? 10 : 1, PORT, cgroup);
  }
}
