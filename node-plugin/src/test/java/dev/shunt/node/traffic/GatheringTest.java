package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.datapath.Reason;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Small writes are left to TCP where TCP gathers them into large segments, and nowhere else. */
@OnBpfKernel
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
class GatheringTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Many times what the datapath looks at before it leaves a stream to TCP. */
  private static final long MANY_MESSAGES = 300_000;

  @RegisterExtension final TrafficHost host = new TrafficHost();
  private Namespace namespace;

  @BeforeEach
  void applyPolicy() throws Exception {
    namespace = host.namespace();
    host.acceleratesFromTheFirstByte();
  }

  @Test
  void smallWritesOnOneCpuThatNothingHoldsBackStayRedirected() throws Exception {
    Program source = connect("free", "sink");
    DatapathStatus many =
        host.await("many redirected", s -> s.redirectedMessages() > MANY_MESSAGES, PATIENCE);
    assertThat(many.acceleratedLive()).isEqualTo(1);
    assertThat(slower(many)).isZero();
    source.sendLine();
    assertThat(source.end()).startsWith("sent ");
  }

  @Test
  void smallWritesOnOneCpuThatPacingHoldsBackAreTcps() throws Exception {
    Program source = connect("stream", "sink");
    host.await("TCP found faster", s -> s.acceleratedLive() == 0 && slower(s) == 1, PATIENCE);
    source.sendLine();
    assertThat(source.end()).startsWith("sent ");
  }

  @Test
  void smallWritesToAnotherCpuThatNagleHoldsBackAreTcps() throws Exception {
    Program source = connect("nagle", "sink-apart");
    host.await("TCP found faster", GatheringTest::goesByTcp, PATIENCE);
    source.sendLine();
    assertThat(source.end()).startsWith("sent ");
  }

  private Program connect(String phase, String sink) throws Exception {
    String port = host.script("pace.py", namespace, sink).lineWith("listening").split(" ")[1];
    Program source = host.script("pace.py", namespace, "source", port, phase);
    source.lineWith("connected");
    return source;
  }

  /**
   * From the moment on in which it is found slow; that it is taken out needs a reader who keeps up.
   */
  private static boolean goesByTcp(DatapathStatus status) {
    return slower(status) == 1 || status.fallbacks().getOrDefault(Reason.SLOWER_THAN_TCP, 0L) == 1;
  }

  private static long slower(DatapathStatus status) {
    return status.reasons().getOrDefault(Reason.SLOWER_THAN_TCP, 0L);
  }
}
