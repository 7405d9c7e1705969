package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfMap.Put;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.Datapath.Origin;
import dev.shunt.node.datapath.DatapathInspection.Presence;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
  private TalkingPair old;

  @BeforeEach
  void prepare() throws IOException {
    host = new TestHost();
    host.moveIn();
    LayoutOne.install(host.cgroup(), host.pinFolder());
    listener = TalkingPair.listen();
    old = TalkingPair.over(listener);
    old.talk();
    old.talk();
  }

  @AfterEach
  void cleanUp() throws Exception {
    old.close();
    listener.close();
    host.moveOut();
    host.close();
  }

  @Test
  void connectionsOfAnOlderLayoutGoBackToTcpAndAreEnrolledAnewWhileNewOnesUseTheNewMaps()
      throws Exception {
    assertThat(enrolled()).as("layout 1 accelerates it").isOne();
    DatapathInspection found = installer.inspect(host.options());
    assertThat(found.presence()).isEqualTo(Presence.OTHER_VERSION);
    assertThat(Objects.requireNonNull(found.installed()).layoutVersion()).isOne();

    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      assertThat(datapath.origin()).isEqualTo(Origin.REPLACED);
      old.talk();
      datapath.apply(settled());
      TestHost.conduct(datapath);
      try (TalkingPair fresh = TalkingPair.over(listener)) {
        fresh.talk();
        old.talkUntil(
            datapath,
            status -> {
              fresh.talk();
              return status.acceleratedLive() == 2 && nothingIsRetired();
            });
      }
    }
  }

  @ParameterizedTest
  @EnumSource(InstallStep.class)
  void anUpgradeThatDiesBeforeAnyStepIsFinishedByTheNextStart(InstallStep death) throws Exception {
    KernelInstaller dying = new KernelInstaller(SimulatedCrash.at(death), step -> {});
    assertThatThrownBy(() -> dying.installOrAdopt(host.options()))
        .isInstanceOf(SimulatedCrash.class);
    old.talk();
    try (TalkingPair meanwhile = TalkingPair.over(listener)) {
      meanwhile.talk();
      try (Datapath datapath = installer.installOrAdopt(host.options())) {
        datapath.apply(settled());
        TestHost.conduct(datapath);
        old.talkUntil(
            datapath,
            status -> {
              meanwhile.talk();
              return status.acceleratedLive() == 2 && nothingIsRetired();
            });
      }
    }
  }

  @Test
  void aDatapathOfALaterLayoutIsLeftAloneAndGoesOnUntilItIsUninstalled() throws Exception {
    pretendLayout(Abi.LAYOUT_VERSION + 1);

    assertThat(installer.inspect(host.options()).presence()).isEqualTo(Presence.NEWER_LAYOUT);
    assertThatThrownBy(() -> installer.installOrAdopt(host.options()))
        .isInstanceOf(DatapathException.class)
        .hasMessageContaining("found layout " + (Abi.LAYOUT_VERSION + 1))
        .hasMessageContaining("shunt-node uninstall");
    old.talk();
    assertThat(enrolled()).isOne();

    assertThat(installer.uninstall(host.options()).acceleratedLive()).isZero();
    old.talk();
    installer.installOrAdopt(host.options()).close();
  }

  @Test
  void aKernelThatRefusesTheNewProgramsLeavesTheOldDatapathInItsPlace() throws Exception {
    KernelInstaller refused =
        new KernelInstaller(
            ShuntObject.of(new byte[] {1, 2, 3}), step -> {}, step -> {}, step -> {});

    assertThatThrownBy(() -> refused.installOrAdopt(host.options()))
        .isInstanceOf(DatapathException.class)
        .hasMessageContaining("install.load");

    assertThat(installer.inspect(host.options()).presence()).isEqualTo(Presence.OTHER_VERSION);
    assertThat(enrolled()).isOne();
    try (TalkingPair fresh = TalkingPair.over(listener)) {
      fresh.talk();
      assertThat(enrolled()).as("layout 1 still accelerates").isEqualTo(2);
    }
  }

  @Test
  void anUninstallRemovesWhatAnUnfinishedUpgradeLeftAndBreaksNothing() throws Exception {
    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      datapath.apply(settled());
    }
    PinFolder present = new PinFolder(host.pinFolder());
    assertThat(RetiredDatapath.foldersBeside(present)).as("nobody conducted").hasSize(1);

    assertThat(installer.uninstall(host.options()).acceleratedLive()).isZero();
    assertThat(RetiredDatapath.foldersBeside(present)).isEmpty();
    old.talk();
  }

  private long enrolled() {
    return new Draining(new KernelBpf(), new PinFolder(host.pinFolder())).connectionsLeft();
  }

  private void pretendLayout(int version) {
    KernelBpf bpf = new KernelBpf();
    try (BpfMap meta = bpf.openMap(host.pinFolder().resolve(PinFolder.META))) {
      byte[] record = Objects.requireNonNull(meta.get(Abi.index(0)));
      Abi.wrap(record).putInt(0, version);
      meta.put(Abi.index(0), record, Put.ANY);
    }
  }

  private CompiledPolicySet settled() throws IOException {
    return Policies.real("Settled", listener, host.cgroup());
  }

  /** The old installation goes a walk after its last connection has left. */
  private boolean nothingIsRetired() {
    return RetiredDatapath.foldersBeside(new PinFolder(host.pinFolder())).isEmpty();
  }
}
