package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.Reason;
import dev.shunt.node.traffic.TrafficHost.Conducting;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A connection that TCP carries although it is enrolled, because its reader fell behind. Nothing
 * but its peer tells how it reads, for no policy enrols by Settled.
 */
@OnBpfKernel
class ValveTest {
  private static final int PORT = 15001;

  /** Redirected while nothing is read: what the policy allows, of one byte each. */
  private static final int REDIRECTED = 8;

  private static final int SENT = 20;

  private static final int MSG_WAITALL = 256;

  /** More than TCP may carry before a connection leaves. */
  private static final long MUCH = 300 << 20;

  @RegisterExtension final TrafficHost host = new TrafficHost(Conducting.BY_HAND);
  private Puppet client;
  private Puppet server;

  @BeforeEach
  void openConnectionWhoseReaderFellBehind() throws Exception {
    Namespace namespace = host.namespace();
    client = host.puppet(namespace);
    server = host.puppet(namespace);
    host.acceleratesFromTheFirstByte("{backlogMessages: 8}");
    server.does("listen l 127.0.0.1 " + PORT + " blocking");
    server.opens(client, "a", "l", PORT, "blocking");
    for (int i = 0; i < SENT; i++) {
      client.does("send a.client 1");
    }
    assertThat(host.fallbacks()).isEqualTo(Map.of(Reason.BACKLOG_MESSAGES, 1L));
    assertThat(host.bytesRedirectedByOpenConnections()).isEqualTo(REDIRECTED);
  }

  @Test
  void isRedirectedAgainOnceItsReaderHasReadAllAndSleeps() throws Exception {
    readsAllAndSleeps(0);
    client.does("send a.client 1");
    server.does("finish r");
    assertThat(host.bytesRedirectedByOpenConnections()).isEqualTo(REDIRECTED + 1);
  }

  @Test
  void isNotWhileItsReaderSleepsWhereOnlyTcpWakesIt() throws Exception {
    readsAllAndSleeps(MSG_WAITALL);
    client.does("send a.client 1");
    server.does("finish r");
    assertThat(host.bytesRedirectedByOpenConnections()).isEqualTo(REDIRECTED);
  }

  /** Which of the two it is that holds a reference on the psock, nobody can see. */
  @Test
  void isNotWhileItsReaderSleepsAndAnotherThreadSends() throws Exception {
    readsAllAndSleeps(MSG_WAITALL);
    server.does("start w send_slowly a.server 1");
    server.does("page_is_used");
    client.does("send a.client 1");
    server.does("page_comes");
    server.does("finish w");
    server.does("finish r");
    assertThat(host.bytesRedirectedByOpenConnections())
        .as("and what the other thread sent")
        .isEqualTo(REDIRECTED + 1);
  }

  /** A second descriptor may be another program's, which may be in a system call as well. */
  @Test
  void aConnectionThatTcpCarriesAllTheTimeLeavesAlthoughItsReaderSleeps() throws Exception {
    server.does("duplicate a.server");
    server.does("start r receive a.server " + (SENT + MUCH + 1));
    client.does("send a.client " + MUCH);
    server.sleepsOnItsSocket("r");
    assertThat(host.bytesRedirectedByOpenConnections()).isEqualTo(REDIRECTED);
    for (int i = 0; i < 4; i++) {
      server.conducts();
    }
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.SLOWER_THAN_TCP, 1L));
    assertThat(host.socketsInSockhashes()).isZero();
    client.does("send a.client 1");
    server.does("finish r");
    server.exchanges(client, "a");
  }

  /** And has one byte left to wait for. */
  private void readsAllAndSleeps(int flags) throws Exception {
    server.does("start r receive a.server %d %d".formatted(SENT + 1, flags));
    server.sleepsOnItsSocket("r");
    assertThat(host.bytesRedirectedByOpenConnections()).isEqualTo(REDIRECTED);
  }
}
