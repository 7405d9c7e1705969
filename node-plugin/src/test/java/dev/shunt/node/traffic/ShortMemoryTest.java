package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.Reason;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A reader whose memory cgroup has little memory left for TCP. */
@OnBpfKernel
@EnabledIf(
    value = "dev.shunt.node.traffic.MemoryCgroup#exist",
    disabledReason =
        "not on this host: a memory cgroup of version 1, which limits TCP's memory apart from all"
            + " other")
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
class ShortMemoryTest {
  private static final int PORT = 15001;
  private static final int ITS_OWN = 15002;
  private static final int MIB = 1 << 20;
  private static final int PAGE = 4096;
  private static final int KIB_96 = 96 << 10;

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @RegisterExtension final TrafficHost host = new TrafficHost(TrafficHost.Conducting.BY_HAND);
  private MemoryCgroup memory;
  private Puppet reader;
  private Puppet writer;

  @BeforeEach
  void openConnection() throws Exception {
    memory = host.memoryCgroup(MIB);
    Namespace namespace = host.namespace();
    writer = host.puppet(namespace);
    reader = host.puppet(namespace);
    memory.takes(reader.pid());
    host.apply(
        """
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata: {name: memory}
        spec: {match: {ports: ["%d"], cgroups: ["%%CGROUP"]}, enrolment: Handshake}
        """
            .formatted(PORT));
    opens("c", PORT);
    reader.exchanges(writer, "c");
  }

  /** What is not charged fails with ENOMEM; TCP has the sender wait. */
  @Test
  void getsByTcpWhatItWouldNotBeChargedFor() throws Exception {
    writer.does("start sending send c.client " + 4 * MIB);
    host.await("TCP at work", s -> s.fallbacks().getOrDefault(Reason.BACKLOG_BYTES, 0L) == 1);
    assertThat(host.datapath().status().redirectedBytes()).isBetween(MIB / 2L, MIB * 7L / 8);
    reader.does("receive c.server " + 4 * MIB);
    writer.does("finish sending");
    reader.exchanges(writer, "c");
  }

  /** TCP makes its receive buffer no greater, then. */
  @Test
  void getsNoMoreThanItsReceiveBufferTakesFromWhenTcpWasRefusedMemory() throws Exception {
    opens("other", ITS_OWN);
    memory.limits(PAGE);
    writer.does("send other.client " + KIB_96);
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (memory.charged()
        <= PAGE) { // what a socket with an empty queue receives is charged all the same
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.onSpinWait();
    }
    writer.does("close other.client reset");
    memory.limits(64 * MIB);
    long before = host.bytesRedirectedByOpenConnections();
    writer.does("send c.client " + KIB_96);
    assertThat(host.bytesRedirectedByOpenConnections()).isEqualTo(before);
    reader.does("receive c.server " + KIB_96);
    reader.exchanges(writer, "c");
    assertThat(host.bytesRedirectedByOpenConnections()).isGreaterThan(before);
  }

  private void opens(String connection, int port) throws Exception {
    reader.does("listen " + connection + " 127.0.0.1 " + port);
    reader.opens(writer, connection, connection, port, "polling");
  }
}
