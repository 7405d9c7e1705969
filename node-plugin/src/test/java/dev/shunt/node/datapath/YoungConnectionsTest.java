package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.NetworkNamespaces;
import dev.shunt.node.bpf.OnBpfKernel;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who waits for the conductor only because it is young, in the maps; nobody conducts here. */
@OnBpfKernel
class YoungConnectionsTest {
  private static final int MANY = 50; // fewer than make a listener hasty
  private static final long HOUR = Duration.ofHours(1).toNanos();

  private final long here = NetworkNamespaces.own().inode();
  private TestHost host;
  private ServerSocketChannel listener;
  private Datapath datapath;
  private PinnedWalks walks;

  @BeforeEach
  void prepare() throws Exception {
    host = new TestHost();
    host.moveIn();
    listener = TalkingPair.listen();
    DatapathOptions longSettling =
        new DatapathOptions(
            host.cgroup(), host.pinFolder(), 1024, Duration.ofMinutes(5), 1 << 20, "test");
    datapath = new KernelInstaller().installOrAdopt(longSettling);
    datapath.apply(Policies.real("Settled", listener, host.cgroup()));
    KernelBpf bpf = new KernelBpf();
    PinFolder folder = new PinFolder(host.pinFolder());
    walks =
        new PinnedWalks(
            folder,
            bpf.openMap(folder.pin(Abi.WORK.name())),
            bpf.openMap(folder.pin(Abi.YOUNG.name())),
            null);
  }

  @AfterEach
  void cleanUp() throws Exception {
    walks.close();
    datapath.close();
    listener.close();
    host.moveOut();
    host.close();
  }

  @Test
  void connectionsThatCloseBeforeTheySettleAreNoReasonToWalk() throws Exception {
    for (int i = 0; i < MANY; i++) {
      try (TalkingPair pair = TalkingPair.over(listener)) {
        pair.talk();
      }
    }

    awaitNobodyYoung();
    assertThat(walks.waiting()).doesNotContainKey(here);
  }

  @Test
  void oneThatLivesOnIsAReasonOnceItHasSettledAndNoneAsSoonAsItCloses() throws Exception {
    long now = System.nanoTime();
    try (TalkingPair pair = TalkingPair.over(listener)) {
      pair.talk();

      assertThat(walks.settled(now)).as("still young").doesNotContainKey(here);
      assertThat(walks.settled(now + HOUR)).as("settled").containsKey(here);
      assertThat(walks.waiting()).as("calls nobody before").doesNotContainKey(here);
    }
    awaitNobodyYoung();
  }

  /** Another thread of the kernel may carry the last packet of a connection. */
  private void awaitNobodyYoung() {
    long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (walks.settled(end + HOUR).containsKey(here)) {
      assertThat(System.nanoTime() - end).as("somebody young lives for a minute").isNegative();
      Thread.onSpinWait();
    }
  }
}
