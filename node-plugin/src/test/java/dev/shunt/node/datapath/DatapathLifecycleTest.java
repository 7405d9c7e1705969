package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.KernelBpf.AttachType;
import dev.shunt.node.bpf.KernelObjects;
import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.Datapath.Origin;
import dev.shunt.node.datapath.DatapathInspection.Presence;
import dev.shunt.node.datapath.DatapathStatus.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@OnBpfKernel
class DatapathLifecycleTest {
  private final KernelInstaller installer = new KernelInstaller();
  private TestHost host;

  @BeforeEach
  void prepare() throws IOException {
    host = new TestHost();
  }

  @AfterEach
  void cleanUp() throws Exception {
    host.close();
  }

  @Test
  void anInstallationWatchesItsCgroupAndIsIdleUntilAPolicyComes() throws Exception {
    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      assertThat(datapath.origin()).isEqualTo(Origin.INSTALLED);
      assertThat(programsOnTheCgroup()).hasSize(1);
      DatapathStatus status = datapath.status();
      assertThat(status.state()).isEqualTo(State.IDLE);
      assertThat(status.generation()).isZero();
      assertThat(status.reasons()).containsOnlyKeys(Reason.values());
    }
  }

  @Test
  void aClosedHandleLeavesEverythingRunningAndTheNextOneAdoptsTheSamePrograms() throws Exception {
    List<Integer> programs;
    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      datapath.apply(Policies.onPort("checkout", 8080));
      programs = programsOnTheCgroup();
    }
    assertThat(programsOnTheCgroup()).isEqualTo(programs);

    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      assertThat(datapath.origin()).isEqualTo(Origin.ADOPTED);
      assertThat(programsOnTheCgroup()).isEqualTo(programs);
      DatapathStatus status = datapath.status();
      assertThat(status.state()).isEqualTo(State.ACTIVE);
      assertThat(status.generation()).isOne();
      assertThat(status.digest()).isEqualTo(Policies.onPort("checkout", 8080).digest());
      assertThat(status.policies()).extracting(p -> p.policy()).containsExactly("checkout");
    }
  }

  @Test
  void uninstallLeavesNeitherProgramsOnTheCgroupNorAPinFolder() throws Exception {
    installer.installOrAdopt(host.options()).close();

    UninstallReport report = installer.uninstall(host.options());

    assertThat(report.removed()).startsWith("shunt_watch_link").endsWith("shunt_meta");
    assertThat(programsOnTheCgroup()).isEmpty();
    assertThat(host.pinFolder()).doesNotExist();
    assertThat(installer.uninstall(host.options()).nothingWasInstalled()).isTrue();
  }

  @Test
  void afterAnUninstallBpftoolShowsWhatItShowedBefore() throws Exception {
    KernelObjects kernel = new KernelObjects();
    String tree = KernelObjects.cgroupTree(host.cgroup().toString());

    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      datapath.apply(Policies.onPort("checkout", 8080));
      assertThat(KernelObjects.cgroupTree(host.cgroup().toString())).contains("shunt_watch");
    }
    installer.uninstall(host.options());

    assertThat(KernelObjects.cgroupTree(host.cgroup().toString())).isEqualTo(tree);
    kernel.assertNothingIsLeft();
  }

  @ParameterizedTest
  @EnumSource(InstallStep.class)
  void anInstallationThatDiesBeforeAnyStepIsRepairedByTheNext(InstallStep death) throws Exception {
    KernelInstaller dying = new KernelInstaller(SimulatedCrash.at(death), step -> {});
    assertThatThrownBy(() -> dying.installOrAdopt(host.options()))
        .isInstanceOf(SimulatedCrash.class);
    Presence found = installer.inspect(host.options()).presence();
    assertThat(found)
        .isEqualTo(death == InstallStep.PIN_META ? Presence.ABSENT : Presence.HALF_MADE);

    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      assertThat(datapath.origin())
          .isEqualTo(death == InstallStep.PIN_META ? Origin.INSTALLED : Origin.REPAIRED);
      assertThat(programsOnTheCgroup()).hasSize(1);
      assertThat(datapath.apply(Policies.onPort("checkout", 8080)).generation()).isOne();
    }
  }

  @Test
  void anotherCapacityOrCgroupReplacesWhatIsInstalled() throws Exception {
    installer.installOrAdopt(host.options()).close();
    DatapathOptions o = host.options();
    DatapathOptions larger =
        new DatapathOptions(
            o.cgroup(), o.pinFolder(), 2048, o.settle(), o.nodeBudgetBytes(), "test");
    assertThat(installer.inspect(larger).presence()).isEqualTo(Presence.OTHER_VERSION);

    try (Datapath datapath = installer.installOrAdopt(larger)) {
      assertThat(datapath.origin()).isEqualTo(Origin.REPLACED);
      TestHost.conduct(datapath);
      Instant patience = Instant.now().plus(Duration.ofMinutes(1));
      while (programsOnTheCgroup().size() > 1 && Instant.now().isBefore(patience)) {
        Thread.onSpinWait();
      }
      assertThat(programsOnTheCgroup()).as("the old one is drained and gone").hasSize(1);
    }
  }

  @Test
  void aCgroupThatWasRemovedIsDetachedAndItsSuccessorIsWatchedAfresh() throws Exception {
    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      Files.delete(host.cgroup());
      assertThat(datapath.status().state()).isEqualTo(State.DETACHED);
    }
    Files.createDirectory(host.cgroup());

    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      assertThat(datapath.origin()).isEqualTo(Origin.REPLACED);
      assertThat(datapath.status().state()).isEqualTo(State.IDLE);
      assertThat(programsOnTheCgroup()).hasSize(1);
    }
  }

  @Test
  void aSecondProcessIsRefusedWhileOneHoldsThePinFolder() throws Exception {
    try (Datapath first = installer.installOrAdopt(host.options())) {
      assertThatThrownBy(() -> installer.installOrAdopt(host.options()))
          .isInstanceOf(DatapathException.class)
          .hasMessageContaining("another process holds");
      assertThatThrownBy(() -> installer.uninstall(host.options()))
          .isInstanceOf(DatapathException.class);
      assertThat(first.status().state()).isEqualTo(State.IDLE);
    }
  }

  @Test
  void drainingIsRememberedAcrossHandles() throws Exception {
    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      datapath.setDraining(true);
    }
    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      assertThat(datapath.status().state()).isEqualTo(State.DRAINING);
      datapath.setDraining(false);
      assertThat(datapath.status().state()).isEqualTo(State.IDLE);
    }
  }

  @Test
  void anInspectionWorksBesideARunningNodePlugin() throws Exception {
    assertThat(installer.inspect(host.options()).presence()).isEqualTo(Presence.ABSENT);
    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      datapath.apply(Policies.onPort("checkout", 8080));
      DatapathInspection inspection = installer.inspect(host.options());
      assertThat(inspection.presence()).isEqualTo(Presence.INSTALLED);
      assertThat(Objects.requireNonNull(inspection.installed()).cgroup())
          .isEqualTo(host.cgroup().toString());
      assertThat(Objects.requireNonNull(inspection.installed()).agentVersion()).isEqualTo("test");
      assertThat(Objects.requireNonNull(inspection.status()).generation()).isOne();
    }
  }

  @Test
  void aFolderThatIsNoCgroupIsRefusedWithWhereTheHierarchyIs() {
    DatapathOptions o = host.options();
    DatapathOptions wrong =
        new DatapathOptions(Path.of("/tmp"), o.pinFolder(), 1024, Duration.ZERO, 0, "test");
    assertThatThrownBy(() -> installer.installOrAdopt(wrong))
        .isInstanceOf(DatapathException.class)
        .hasMessageContaining("found /tmp")
        .hasMessageContaining("hierarchy is at");
  }

  @Test
  void aPinFolderOutsideABpfFileSystemIsRefusedWithHowToMountOne() {
    DatapathOptions wrong = host.options().withPinFolder(Path.of("/tmp/shunt-test-pins"));
    assertThatThrownBy(() -> installer.installOrAdopt(wrong))
        .isInstanceOf(DatapathException.class)
        .hasMessageContaining("mount -t bpf");
  }

  private List<Integer> programsOnTheCgroup() {
    KernelBpf bpf = new KernelBpf();
    try (BpfFd cgroup = bpf.openFolder(host.cgroup())) {
      return bpf.programsOf(cgroup, AttachType.CGROUP_SOCK_OPS);
    }
  }
}
