package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.Datapath.Origin;
import dev.shunt.node.datapath.DatapathInspection.Presence;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** A connection that the programs of layout 1 accelerate lives through the upgrade to today's. */
@OnBpfKernel
@EnabledIfSystemProperty(
    named = "os.arch",
    matches = "amd64",
    disabledReason = "the programs of layout 1 are kept as they were compiled for x86-64")
class UpgradeTest {
  private final KernelInstaller installer = new KernelInstaller();
  private TestHost host;
  private ServerSocketChannel listener;

  @BeforeEach
  void prepare() throws IOException {
    host = new TestHost();
    host.moveIn();
    LayoutOne.install(host.cgroup(), host.pinFolder());
    listener = TalkingPair.listen();
  }

  @AfterEach
  void cleanUp() throws Exception {
    listener.close();
    host.moveOut();
    host.close();
  }

  @Test
  void aDatapathOfAnOlderLayoutIsReplacedAndItsConnectionsGoOn() throws Exception {
    try (TalkingPair pair = TalkingPair.over(listener)) {
      pair.talk();
      DatapathInspection old = installer.inspect(host.options());
      assertThat(old.presence()).isEqualTo(Presence.OTHER_VERSION);
      assertThat(Objects.requireNonNull(old.installed()).layoutVersion()).isOne();

      try (Datapath datapath = installer.installOrAdopt(host.options())) {
        assertThat(datapath.origin()).isEqualTo(Origin.REPLACED);
        pair.talk();
      }
    }
  }
}
