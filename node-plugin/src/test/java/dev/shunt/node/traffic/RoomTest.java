package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.Reason;
import dev.shunt.node.traffic.TrafficHost.Conducting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How much of what its policy allows a reader may have unread, by how soon it read it before. */
@OnBpfKernel
class RoomTest {
  private static final int PORT = 15001;
  private static final long MIB = 1 << 20;

  /** More than is allowed and TCP's buffers take. */
  private static final long MUCH = 48 * MIB;

  /** Not all that was redirected is counted yet, and a last message goes beyond the limit. */
  private static final long SLACK = MIB;

  /** In some of them the reader is soon done, whatever else this machine has to do. */
  private static final int ROUNDS = 10;

  @RegisterExtension final TrafficHost host = new TrafficHost(Conducting.BY_HAND);

  @Test
  void is16MiBAtFirstAndUpToAllOfItForAReaderThatEmptiedThemSoon() throws Exception {
    Namespace namespace = host.namespace();
    namespace.inside("sysctl", "-qw", "net.ipv4.tcp_rmem=4096 131072 " + 64 * MIB);
    Puppet client = host.puppet(namespace);
    Puppet server = host.puppet(namespace);
    client.does("cpu 0"); // both, for TCP is tried between two
    server.does("cpu 0");
    host.acceleratesFromTheFirstByte("{backlogBytes: 32Mi}");
    server.does("listen l 127.0.0.1 " + PORT + " polling");
    server.opens(client, "a", "l", PORT, "polling");
    assertThat(fills(client, server)).isBetween(16 * MIB - SLACK, 16 * MIB + SLACK);
    long most = 0;
    for (int i = 0; i < ROUNDS && most < 32 * MIB - SLACK; i++) {
      most = Math.max(most, fills(client, server));
    }
    assertThat(most).isBetween(32 * MIB - SLACK, 32 * MIB + SLACK);
  }

  /** How much was redirected before the reader read anything; then it reads all. */
  private long fills(Puppet client, Puppet server) throws Exception {
    long before = host.bytesRedirectedByOpenConnections();
    long times = fillings();
    client.does("start s send a.client " + MUCH);
    host.await("full", s -> s.fallbacks().getOrDefault(Reason.BACKLOG_BYTES, 0L) > times);
    long filled = host.bytesRedirectedByOpenConnections() - before;
    server.does("receive a.server " + MUCH);
    client.does("finish s");
    return filled;
  }

  private long fillings() throws Exception {
    return host.fallbacks().getOrDefault(Reason.BACKLOG_BYTES, 0L);
  }
}
