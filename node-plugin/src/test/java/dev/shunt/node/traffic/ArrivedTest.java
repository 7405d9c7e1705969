package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.traffic.TrafficHost.Conducting;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is sent after a message that went by TCP and is not read yet. */
@OnBpfKernel
class ArrivedTest {
  private static final int PORT = 15001;

  @RegisterExtension final TrafficHost host = new TrafficHost(Conducting.BY_HAND);
  private Puppet puppet;

  @BeforeEach
  void applyPolicy() throws Exception {
    puppet = host.puppet(host.namespace());
    host.acceleratesFromTheFirstByte();
  }

  /** One that blocks reads TCP's queue last, so what comes by TCP has to be read first. */
  @ParameterizedTest
  @CsvSource({"polling, 100", "blocking, 0"})
  void isRedirectedBehindItToAProgramThatPolls(String mode, long redirected) throws Exception {
    puppet.does("listen l 127.0.0.1 " + PORT + " " + mode);
    puppet.opens("a", "l", PORT, mode, mode);
    puppet.does("send a.client 100 " + Puppet.BY_TCP);
    puppet.does("send a.client 100");
    assertThat(host.bytesRedirectedByOpenConnections()).isEqualTo(redirected);
    puppet.does("receive a.server 200");
  }

  @Test
  void comesInOrderHoweverOftenTheWayChanges() throws Exception {
    puppet.does("listen l 127.0.0.1 " + PORT + " polling");
    puppet.opens("a", "l", PORT, "polling", "polling");
    for (int i = 0; i < 200; i++) {
      puppet.does("send a.client " + (1 + 37 * i) + " " + (i % 3 == 0 ? Puppet.BY_TCP : 0));
      if (i % 20 == 19) {
        puppet.does("receive a.server " + read(i - 19, i));
      }
    }
    assertThat(host.bytesRedirectedByOpenConnections()).isGreaterThan(100 * 1024);
  }

  /** Bytes of these messages. */
  private static long read(int first, int last) {
    long bytes = 0;
    for (int i = first; i <= last; i++) {
      bytes += 1 + 37 * i;
    }
    return bytes;
  }
}
