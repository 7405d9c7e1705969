package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.Reason;
import dev.shunt.node.traffic.TrafficHost.Conducting;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A stream whose reader reads nothing before its queue is full, on one CPU. */
@OnBpfKernel
class FloodTest {
  private static final int PORT = 15001;
  private static final int MIB = 1 << 20;

  /** Queues filled: more than the datapath looks at, and as many more as take too long. */
  private static final int MANY = 40;

  @RegisterExtension final TrafficHost host = new TrafficHost(Conducting.BY_HAND);
  private Namespace namespace;
  private Puppet client;
  private Puppet server;

  @BeforeEach
  void applyPolicy() throws Exception {
    namespace = host.namespace();
    client = host.puppetOnFirstCpu(namespace);
    server = host.puppetOnFirstCpu(namespace);
    host.acceleratesFromTheFirstByte("{backlogBytes: 1Mi}");
  }

  @Test
  void goesByTcpIfItsWritesAreLarge() throws Exception {
    connect();
    for (int i = 0; i < 5 * MANY && host.reasons().isEmpty(); i++) {
      client.does("send a.client " + 2 * MIB);
      server.does("receive a.server " + 2 * MIB);
      server.conducts();
    }
    for (int i = 0; i < 4; i++) {
      server.conducts();
    }
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.SLOWER_THAN_TCP, 1L));
    assertThat(host.socketsInSockhashes()).isZero();
    server.exchanges(client, "a");
  }

  @Test
  void staysRedirectedIfItsWritesAreNotLarge() throws Exception {
    connect();
    for (int i = 0; i < MANY; i++) {
      for (int sent = 0; sent < 2 * MIB; sent += MIB / 8) {
        client.does("send a.client " + MIB / 8);
      }
      server.does("receive a.server " + 2 * MIB);
      server.conducts(); // which keeps its window narrow
    }
    staysRedirected();
  }

  @Test
  void staysRedirectedIfItsReaderReadsMeanwhile() throws Exception {
    connect();
    for (int i = 0; i < MANY; i++) {
      client.does("send a.client " + MIB);
      server.does("receive a.server " + MIB / 8);
      client.does("send a.client " + MIB);
      server.does("receive a.server " + (2 * MIB - MIB / 8));
      server.conducts();
    }
    staysRedirected();
  }

  @Test
  void staysRedirectedWhereTcpsSegmentsAreShort() throws Exception {
    namespace.inside("ip", "link", "set", "lo", "mtu", "1500");
    connect();
    for (int i = 1; i <= MANY; i++) {
      long fillings = i;
      client.does("start s send a.client " + 2 * MIB); // more than TCP's buffers take then
      host.await("full", x -> x.fallbacks().getOrDefault(Reason.BACKLOG_BYTES, 0L) == fillings);
      server.does("receive a.server " + 2 * MIB);
      client.does("finish s");
      server.conducts();
    }
    staysRedirected();
  }

  private void connect() throws IOException {
    server.does("listen l 127.0.0.1 " + PORT + " polling");
    server.opens(client, "a", "l", PORT, "polling");
  }

  private void staysRedirected() throws Exception {
    server.conducts();
    assertThat(host.fallbacks()).isEqualTo(Map.of(Reason.BACKLOG_BYTES, (long) MANY));
    assertThat(host.datapath().status().acceleratedLive()).isEqualTo(1);
    assertThat(host.reasons()).isEmpty();
    server.exchanges(client, "a");
  }
}
