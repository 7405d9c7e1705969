package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.programs.SpliceJudge;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the conductor's thread takes of a CPU, with real connections that give it work. */
@OnBpfKernel
class ConductorShareTest {
  private static final double SHARE = 0.01;

  /** {@code CpuShare.CREDIT} and what was begun with the last of it; on a busy machine as well. */
  private static final Duration AT_ONCE = Duration.ofMillis(250);

  private final KernelInstaller installer = new KernelInstaller();
  private TestHost host;
  private ServerSocketChannel listener;
  private Datapath datapath;

  @BeforeEach
  void prepare() throws Exception {
    host = new TestHost();
    host.moveIn();
    listener = TalkingPair.listen();
    datapath = installer.installOrAdopt(host.options());
  }

  @AfterEach
  void cleanUp() throws Exception {
    datapath.close();
    listener.close();
    host.moveOut();
    host.close();
  }

  /** Every change asks for walks through every namespace. */
  @Test
  void howeverOftenThePolicyChangesTheConductorKeepsToItsShareAndStillEnrols() throws Exception {
    conductWith(SHARE);
    try (TalkingPair pair = TalkingPair.over(listener)) {
      long began = System.nanoTime();
      long busy = began + Duration.ofSeconds(6).toNanos();
      pair.talkUntil(
          datapath,
          status -> {
            datapath.apply(policy("Settled"));
            return status.acceleratedLive() == 1 && System.nanoTime() - busy > 0;
          });
      Duration elapsed = Duration.ofNanos(System.nanoTime() - began);
      assertThat(conductorsCpu())
          .isLessThan(AT_ONCE.plus(Duration.ofNanos((long) (elapsed.toNanos() * SHARE))));
    }
  }

  @Test
  void whoeverDrainsDoesNotWaitUntilTheShareIsPaid() throws Exception {
    datapath.apply(policy("Handshake"));
    try (TalkingPair pair = TalkingPair.over(listener)) {
      pair.talkUntil(datapath, status -> status.acceleratedLive() == 1);
      conductWith(0.0001);
      pair.talkUntil(
          datapath,
          status -> {
            datapath.apply(policy("Handshake"));
            return conductorsCpu().compareTo(Duration.ofMillis(120)) > 0;
          });

      assertThat(datapath.drain(Duration.ofSeconds(30))).isTrue();
      pair.talk();
    }
  }

  private void conductWith(double share) throws DatapathException {
    datapath.conduct(share, new SpliceJudge(List.of("java")), sentence -> {});
  }

  private static Duration conductorsCpu() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
        .filter(thread -> thread != null && thread.getThreadName().equals("shunt-conductor"))
        .map(ThreadInfo::getThreadId)
        .map(threads::getThreadCpuTime)
        .map(Duration::ofNanos)
        .reduce(Duration.ZERO, Duration::plus);
  }

  private CompiledPolicySet policy(String enrolment) throws Exception {
    return Policies.real(enrolment, listener, host.cgroup());
  }
}
