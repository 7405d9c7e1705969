package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.Reason;
import dev.shunt.node.traffic.TrafficHost.Conducting;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Large requests and answers, of which TCP copies out the beginning while it copies in the end. */
@OnBpfKernel
class LargeTurnsTest {
  private static final int PORT = 15001;
  private static final int LARGE = 256 << 10;

  @RegisterExtension final TrafficHost host = new TrafficHost(Conducting.BY_HAND);
  private Puppet client;
  private Puppet server;

  @BeforeEach
  void applyPolicy() throws Exception {
    Namespace namespace = host.namespace();
    client = host.puppet(namespace);
    server = host.puppet(namespace);
    host.acceleratesFromTheFirstByte();
  }

  @Test
  void goByTcpBetweenTwoCpus() throws Exception {
    assumeThat(Runtime.getRuntime().availableProcessors()).isGreaterThan(1);
    trade(2_000, 1);
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.SLOWER_THAN_TCP, 1L));
    assertThat(host.socketsInSockhashes()).isZero();
    server.exchanges(client, "a");
  }

  @Test
  void areRedirectedOnOneCpu() throws Exception {
    trade(500, 0);
    assertThat(host.datapath().status().acceleratedLive()).isEqualTo(1);
    assertThat(host.reasons()).isEmpty();
  }

  /** The client is on the first CPU. */
  private void trade(int times, int cpuOfServer) throws Exception {
    client.does("cpu 0");
    server.does("cpu " + cpuOfServer);
    server.does("listen l 127.0.0.1 " + PORT + " blocking");
    server.opens(client, "a", "l", PORT, "blocking");
    server.does("start t trade a.server %d %d".formatted(times, LARGE));
    client.does("trade a.client %d %d begins".formatted(times, LARGE));
    server.does("finish t");
    for (int i = 0; i < 4; i++) {
      server.conducts();
    }
  }
}
