package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The whole way from a policy to redirected bytes and back, with one connection whose both ends are
 * in this process.
 */
@OnBpfKernel
class RealConnectionTest {
  private final KernelInstaller installer = new KernelInstaller();
  private TestHost host;
  private ServerSocketChannel listener;

  @BeforeEach
  void prepare() throws IOException {
    host = new TestHost();
    host.moveIn();
    listener = TalkingPair.listen();
  }

  @AfterEach
  void cleanUp() throws Exception {
    listener.close();
    host.moveOut();
    host.close();
  }

  @Test
  void aSettledConnectionIsAcceleratedThenDrainedAndEveryByteArrives() throws Exception {
    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      TestHost.conduct(datapath);
      datapath.apply(policy("Settled"));
      try (TalkingPair pair = TalkingPair.over(listener)) {
        pair.talkUntil(datapath, RealConnectionTest::isRedirecting);
        assertThat(datapath.status().problems()).isEmpty();
        assertThat(datapath.connections())
            .filteredOn(Connection::owner)
            .singleElement()
            .satisfies(
                c -> {
                  assertThat(c.policy()).isEqualTo("real");
                  assertThat(c.accelerated()).isTrue();
                  assertThat(c.serverPort()).isEqualTo(address().getPort());
                  assertThat(c.serverAddress()).isEqualTo(address().getAddress());
                });

        datapath.setDraining(true);
        pair.talkUntil(datapath, status -> status.acceleratedLive() == 0);
        assertThat(datapath.status().reasons()).containsEntry(Reason.DRAINING, 1L);
      }
    }
  }

  @Test
  void aConnectionOlderThanThePolicyIsFoundAndAcceleratedUntilThePolicyGoes() throws Exception {
    try (TalkingPair pair = TalkingPair.over(listener);
        Datapath datapath = installer.installOrAdopt(host.options())) {
      pair.talk();
      TestHost.conduct(datapath);
      datapath.apply(policy("Settled"));
      pair.talkUntil(datapath, RealConnectionTest::isRedirecting);

      datapath.apply(Policies.none());
      pair.talkUntil(datapath, status -> status.acceleratedLive() == 0);
    }
  }

  @Test
  void anUninstallGivesTheConnectionBackToTcp() throws Exception {
    try (TalkingPair pair = talkingOverHandshake()) {
      assertThat(installer.uninstall(host.options()).acceleratedLive()).isZero();
      pair.talk();
    }
  }

  /** A pair whose connection stays accelerated after the handle is closed. */
  private TalkingPair talkingOverHandshake() throws Exception {
    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      datapath.apply(policy("Handshake"));
      TalkingPair pair = TalkingPair.over(listener);
      pair.talkUntil(datapath, RealConnectionTest::isRedirecting);
      return pair;
    }
  }

  private static boolean isRedirecting(DatapathStatus status) {
    return status.acceleratedLive() == 1 && status.redirectedMessages() > 0;
  }

  private CompiledPolicySet policy(String enrolment) throws IOException {
    return Policies.real(enrolment, listener, host.cgroup());
  }

  private InetSocketAddress address() throws IOException {
    return (InetSocketAddress) listener.getLocalAddress();
  }
}
