package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.Datapath.Origin;
import dev.shunt.node.datapath.DatapathInspection.Presence;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A version with other programs and the same layout takes over, with a connection that goes on. */
@OnBpfKernel
class ProgramUpgradeTest {
  private static final ShuntObject EARLIER =
      new ShuntObject(ShuntObject.ofThisVersion().elf(), "11".repeat(32));

  private final KernelInstaller earlier =
      new KernelInstaller(EARLIER, step -> {}, step -> {}, step -> {});
  private final KernelInstaller installer = new KernelInstaller();
  private TestHost host;
  private ServerSocketChannel listener;
  private TalkingPair old;

  @BeforeEach
  void prepare() throws Exception {
    host = new TestHost();
    host.moveIn();
    listener = TalkingPair.listen();
    try (Datapath datapath = earlier.installOrAdopt(host.options())) {
      datapath.apply(policy("Handshake"));
      old = TalkingPair.over(listener);
      old.talkUntil(datapath, status -> status.redirectedMessages() > 0);
    }
  }

  @AfterEach
  void cleanUp() throws Exception {
    old.close();
    listener.close();
    host.moveOut();
    host.close();
  }

  @Test
  void policiesCountersAndConnectionsGoOnUnderTheNewPrograms() throws Exception {
    assertThat(installer.inspect(host.options()).presence()).isEqualTo(Presence.OTHER_PROGRAMS);
    long before = messages();

    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      assertThat(datapath.origin()).isEqualTo(Origin.UPGRADED);
      assertThat(datapath.status().generation()).isOne();
      old.talk();
      assertThat(datapath.status().acceleratedLive()).isOne();
      old.talkUntil(datapath, status -> status.redirectedMessages() > before);
      try (TalkingPair fresh = TalkingPair.over(listener)) {
        fresh.talkUntil(datapath, status -> status.acceleratedLive() == 2);
        TestHost.conduct(datapath);
        datapath.setDraining(true);
        old.talkUntil(
            datapath,
            status -> {
              fresh.talk();
              return status.acceleratedLive() == 0;
            });
      }
    }
    assertThat(installer.inspect(host.options()).presence()).isEqualTo(Presence.INSTALLED);
  }

  @ParameterizedTest
  @EnumSource(ProgramUpgrade.Step.class)
  void anUpgradeThatDiesBeforeAnyStepIsFinishedByTheNextStart(ProgramUpgrade.Step death)
      throws Exception {
    KernelInstaller dying =
        new KernelInstaller(
            ShuntObject.ofThisVersion(), step -> {}, step -> {}, SimulatedCrash.at(death));
    assertThatThrownBy(() -> dying.installOrAdopt(host.options()))
        .isInstanceOf(SimulatedCrash.class);
    old.talk();
    assertThat(installer.inspect(host.options()).presence()).isEqualTo(Presence.OTHER_PROGRAMS);

    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      assertThat(datapath.origin()).isEqualTo(Origin.UPGRADED);
      old.talk();
      assertThat(datapath.status().acceleratedLive()).isOne();
      try (TalkingPair fresh = TalkingPair.over(listener)) {
        fresh.talkUntil(datapath, status -> status.acceleratedLive() == 2);
      }
    }
    assertThat(host.pinFolder()).isDirectoryNotContaining("glob:**_new");
  }

  @Test
  void theEarlierVersionCanComeBack() throws Exception {
    installer.installOrAdopt(host.options()).close();
    try (Datapath datapath = earlier.installOrAdopt(host.options())) {
      assertThat(datapath.origin()).isEqualTo(Origin.UPGRADED);
      old.talk();
      assertThat(datapath.status().acceleratedLive()).isOne();
    }
  }

  @Test
  void aMapOfAnotherShapeUnderTheSameLayoutNumberIsReplacedNotReused() throws Exception {
    // What a developer's build does that changed a map and forgot the number.
    Files.delete(host.pinFolder().resolve("shunt_strays"));
    KernelBpf bpf = new KernelBpf();
    try (BpfMap other = bpf.create(Abi.array("shunt_strays", 8, 1))) {
      bpf.pin(other, host.pinFolder().resolve("shunt_strays"));
    }
    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      assertThat(datapath.origin()).isEqualTo(Origin.REPLACED);
      old.talk();
    }
  }

  private long messages() throws DatapathException {
    DatapathStatus status = installer.inspect(host.options()).status();
    return Objects.requireNonNull(status, "counters of the same layout").redirectedMessages();
  }

  private CompiledPolicySet policy(String enrolment) throws IOException {
    return Policies.real(enrolment, listener, host.cgroup());
  }
}
