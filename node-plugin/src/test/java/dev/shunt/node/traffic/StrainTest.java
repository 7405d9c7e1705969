package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.Reason;
import dev.shunt.node.traffic.TrafficHost.Conducting;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Many connections that TCP carries although they are enrolled, each only a little of it. */
@OnBpfKernel
class StrainTest {
  private static final int PORT = 15001;
  private static final int CONNECTIONS = 20;

  /** By each connection in one turn; all of them together carry more than one may alone. */
  private static final long EACH = 16 << 20;

  /** Before one connection would carry alone what makes it leave: 256 MiB. */
  private static final int TURNS = 12;

  @RegisterExtension final TrafficHost host = new TrafficHost(Conducting.BY_HAND);
  private Puppet client;
  private Puppet server;

  @BeforeEach
  void openConnectionsWhoseReadersFellBehind() throws Exception {
    Namespace namespace = host.namespace();
    client = host.puppet(namespace);
    server = host.puppet(namespace);
    host.acceleratesFromTheFirstByte("{backlogMessages: 8}");
    server.does("listen l 127.0.0.1 " + PORT + " blocking");
    for (int i = 0; i < CONNECTIONS; i++) {
      server.opens(client, "c" + i, "l", PORT, "blocking");
      server.does("duplicate c" + i + ".server"); // so that nobody can see how its reader sleeps
      for (int message = 0; message < 9; message++) {
        client.does("send c" + i + ".client 1");
      }
      server.does("receive c" + i + ".server 9");
    }
  }

  @Test
  void leaveOneByOneAndLongBeforeEachHasCarriedWhatOneMay() throws Exception {
    long left = 0;
    for (int turn = 0; turn < TURNS && left == 0; turn++) {
      for (int i = 0; i < CONNECTIONS; i++) {
        server.does("start r receive c" + i + ".server " + EACH);
        client.does("send c" + i + ".client " + EACH);
        server.does("finish r");
      }
      for (int i = 0; i < 4; i++) {
        server.conducts();
      }
      left = host.reasons().getOrDefault(Reason.SLOWER_THAN_TCP, 0L);
    }
    assertThat(left).isBetween(1L, CONNECTIONS / 2L);
    assertThat(host.datapath().status().acceleratedLive()).isEqualTo(CONNECTIONS - left);
    for (int i = 0; i < CONNECTIONS; i++) {
      server.exchanges(client, "c" + i);
    }
  }
}
