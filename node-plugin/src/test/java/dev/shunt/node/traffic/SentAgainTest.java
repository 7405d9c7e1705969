package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.traffic.TrafficHost.Conducting;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A segment that was dropped for want of memory may have grown when it is sent again, and begin
 * with what was received meanwhile. tcp_recvmsg() skips that; tcp_read_skb() does not.
 */
@OnBpfKernel
class SentAgainTest {
  private static final int PORT = 15001;

  @RegisterExtension final TrafficHost host = new TrafficHost(Conducting.BY_HAND);
  private Puppet puppet;

  @BeforeEach
  void applyPolicy() throws Exception {
    Namespace namespace = host.namespace();
    namespace.inside("sysctl", "-qw", "net.ipv4.tcp_timestamps=0"); // forged segments have none
    puppet = host.puppet(namespace);
    host.apply(policy("Handshake"));
  }

  @ParameterizedTest
  @CsvSource({"polling, 1", "polling, 100", "polling, 9000", "blocking, 100"})
  void isReadOnceThoughTheSegmentBeginsWithWhatWasReceivedBefore(String mode, int again)
      throws Exception {
    opens(mode);
    puppet.does("send a.client 100");
    puppet.does("send a.client 10000 " + Puppet.BY_TCP);
    puppet.does("receive a.server 10100");
    puppet.does("forge_retransmission a.client " + again + " 5000");
    puppet.does("receive a.server 5000");
    puppet.does("send a.client 5000 " + Puppet.BY_TCP);
    puppet.exchanges("a");
    assertThat(host.bytesRedirectedByOpenConnections()).isGreaterThan(100);
  }

  @Test
  void isReadOnceThoughOnlyTheEndOfTheStreamIsNewInTheSegment() throws Exception {
    opens("polling");
    puppet.does("send a.client 100 " + Puppet.BY_TCP);
    puppet.does("receive a.server 100");
    puppet.does("forge_retransmission a.client 100 0 ends");
    puppet.does("eof a.server");
  }

  /** What was received before is nothing that came since. */
  @Test
  void isReadOnceThoughTheSegmentIsTheFirstOfASocketThatEnteredOnlyNow() throws Exception {
    host.apply(policy("Settled"));
    opens("polling");
    puppet.exchanges("a");
    puppet.settles();
    assertThat(host.socketsInSockhashes()).isEqualTo(2);
    puppet.does("forge_retransmission a.client 100 50");
    puppet.does("receive a.server 50");
    puppet.does("send a.client 50 " + Puppet.BY_TCP);
    puppet.exchanges("a");
  }

  private void opens(String mode) throws Exception {
    puppet.does("listen l 127.0.0.1 " + PORT + " " + mode);
    puppet.opens("a", "l", PORT, mode, mode);
  }

  private static String policy(String enrolment) {
    return """
    apiVersion: shunt.dev/v1alpha1
    kind: AccelerationPolicy
    metadata: {name: again}
    spec: {match: {cgroups: ["%CGROUP"]}, enrolment: ENROLMENT}
    """
        .replace("ENROLMENT", enrolment);
  }
}
