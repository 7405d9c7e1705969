package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.traffic.TrafficHost.Conducting;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How much of what its policy allows a reader may have unread, by how soon it read it before. */
@OnBpfKernel
class RoomTest {
  private static final int PORT = 15001;
  private static final long MIB = 1 << 20;

  /** A quarter of what TCP may hold. */
  private static final long NARROW = 8 * MIB;

  private static final String BYPASS =
      """
      apiVersion: shunt.dev/v1alpha1
      kind: AccelerationPolicy
      metadata: {name: all}
      spec: {action: Bypass, match: {cgroups: ["%CGROUP"]}}
      """;

  /** More than is allowed and TCP's buffers take. */
  private static final long MUCH = 48 * MIB;

  /** Not all that was redirected is counted yet, and a last message goes beyond the limit. */
  private static final long SLACK = MIB;

  /** In some of them the reader is soon done, whatever else this machine has to do. */
  private static final int ROUNDS = 10;

  @RegisterExtension final TrafficHost host = new TrafficHost(Conducting.BY_HAND);

  private Namespace namespace;
  private Puppet client;
  private Puppet server;

  @BeforeEach
  void applyPolicy() throws Exception {
    namespace = host.namespace();
    client = host.puppetOnFirstCpu(namespace);
    server = host.puppetOnFirstCpu(namespace);
    host.acceleratesFromTheFirstByte("{backlogBytes: 32Mi}");
    server.does("listen l 127.0.0.1 " + PORT + " polling");
  }

  @Test
  void is16MiBAtFirstAndUpToAllOfItForAReaderThatEmptiedThemSoon() throws Exception {
    tcpMayHold(64 * MIB);
    server.opens(client, "a", "l", PORT, "polling");
    assertThat(fills()).isBetween(16 * MIB - SLACK, 16 * MIB + SLACK);
    assertThat(mostOfSomeFillings()).isBetween(32 * MIB - SLACK, 32 * MIB + SLACK);
  }

  /** They come behind a full queue, and if there were no room for them they would be dropped. */
  @Test
  void isLessByWhatTcpMaySendBeforeItSeesItsWindowClosed() throws Exception {
    tcpMayHold(20 * MIB);
    server.opens(client, "a", "l", PORT, "polling");
    long filled = fills();
    assertThat(filled).isGreaterThan(15 * MIB);
    for (int i = 0; i < ROUNDS && filled > 12 * MIB; i++) {
      streamsByTcp(); // its window grows in the end
      filled = fills();
    }
    assertThat(filled).isLessThan(12 * MIB);
    assertThat(namespace.counter("TcpExtRcvPruned")).as("segments dropped").isZero();
  }

  @Test
  void isNotTakenByAWideWindowForTheConductorNarrowsItWhileItsSocketIsEnrolled() throws Exception {
    tcpMayHold(32 * MIB);
    server.opens(client, "a", "l", PORT, "polling");
    fills();
    server.does("window_clamp a.server " + 16 * MIB); // as autotuning does when it grows the buffer
    server.conducts();
    server.does("window_clamp_is a.server %d %d".formatted(NARROW, NARROW));
    assertThat(fills()).isGreaterThan(15 * MIB);
    assertThat(namespace.counter("TcpExtRcvPruned")).as("segments dropped").isZero();
    host.apply(BYPASS);
    for (int i = 0; i < 4; i++) {
      server.conducts();
    }
    assertThat(host.socketsInSockhashes()).isZero();
    server.does("window_clamp_is a.server %d %d".formatted(NARROW + 1, 64 * MIB));
    server.exchanges(client, "a");
  }

  private void streamsByTcp() throws Exception {
    server.does("start r receive a.server " + MUCH);
    client.does("send a.client " + MUCH + " " + Puppet.BY_TCP);
    server.does("finish r");
  }

  private void tcpMayHold(long bytes) throws Exception {
    namespace.inside("sysctl", "-qw", "net.ipv4.tcp_rmem=4096 131072 " + bytes);
  }

  private long mostOfSomeFillings() throws Exception {
    long most = 0;
    for (int i = 0; i < ROUNDS && most < 32 * MIB - SLACK; i++) {
      most = Math.max(most, fills());
    }
    return most;
  }

  /** How much was redirected before the reader read anything; then it reads all. */
  private long fills() throws Exception {
    long before = host.bytesRedirectedByOpenConnections();
    client.does("start s send a.client " + MUCH);
    client.does("asleep s S poll");
    long filled = host.bytesRedirectedByOpenConnections() - before;
    server.does("receive a.server " + MUCH);
    client.does("finish s");
    return filled;
  }
}
