package dev.shunt.node.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentLockTest {

  @TempDir Path temporary;
  private RunFolder folder;

  @BeforeEach
  void nameTheFolder() {
    folder = new RunFolder(temporary.resolve("run"), Path.of("/sys/fs/bpf/shunt"));
  }

  @Test
  void aSecondAgentIsToldWhoRuns() throws Exception {
    try (AgentLock held = AgentLock.take(folder, AgentLock.Mode.MANAGED)) {
      assertThatThrownBy(() -> AgentLock.take(folder, AgentLock.Mode.STANDALONE))
          .isInstanceOf(AgentRunningException.class)
          .hasMessage(
              "another shunt-node (pid %d, managed) already runs on /sys/fs/bpf/shunt; stop it first, or use another --pin-dir",
              ProcessHandle.current().pid());
      AgentLock.Holder holder = Objects.requireNonNull(AgentLock.holder(folder));
      assertThat(holder.pid()).isEqualTo(ProcessHandle.current().pid());
      assertThat(held).isNotNull();
    }
  }

  @Test
  void aDeadAgentLeavesNoLock() throws Exception {
    AgentLock.take(folder, AgentLock.Mode.MANAGED).close();

    assertThat(folder.lock()).exists();
    assertThat(AgentLock.holder(folder)).isNull();
    AgentLock.take(folder, AgentLock.Mode.STANDALONE).close();
  }

  @Test
  void nobodyRunsWhereNobodyEverRan() throws Exception {
    assertThat(AgentLock.holder(folder)).isNull();
  }

  @Test
  void agentsOfOtherPinFoldersDoNotMeet() throws Exception {
    var other = new RunFolder(folder.folder(), Path.of("/sys/fs/bpf/other"));
    try (AgentLock first = AgentLock.take(folder, AgentLock.Mode.MANAGED);
        AgentLock second = AgentLock.take(other, AgentLock.Mode.MANAGED)) {
      assertThat(first).isNotSameAs(second);
    }
  }

  @Test
  void anUninstallLeavesNoFile() throws Exception {
    AgentLock.take(folder, AgentLock.Mode.STANDALONE).removeAndClose();

    assertThat(Files.exists(folder.folder())).isFalse();
  }

  @Test
  void namesStayShortEnoughForASocket() {
    var deep = new RunFolder(Path.of("/run/shunt"), Path.of("/sys/fs/bpf/" + "x".repeat(200)));
    var deeper = new RunFolder(Path.of("/run/shunt"), Path.of("/sys/fs/bpf/" + "x".repeat(201)));

    assertThat(deep.socket().toString().length()).isLessThan(108);
    assertThat(deep.socket()).isNotEqualTo(deeper.socket());
  }
}
