package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.KernelObjects;
import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.Datapath.Origin;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * SIGKILL of a process that upgrades the programs, at each step, while a connection that is
 * accelerated never stops talking. The next process takes over, and an uninstallation leaves
 * nothing.
 */
@OnBpfKernel
class KilledUpgradeTest {
  private static final ShuntObject EARLIER =
      new ShuntObject(ShuntObject.ofThisVersion().elf(), "11".repeat(32));

  @ParameterizedTest
  @EnumSource(ProgramUpgrade.Step.class)
  void theNextProcessTakesOverFromOneThatWasKilledInTheMiddle(ProgramUpgrade.Step death)
      throws Exception {
    KernelObjects before = new KernelObjects();
    try (TestHost host = new TestHost()) {
      host.moveIn();
      ServerSocketChannel listener = TalkingPair.listen();
      TalkingPair pair = acceleratedByTheEarlierVersion(host, listener);
      ExecutorService talker = Executors.newSingleThreadExecutor();
      AtomicBoolean over = new AtomicBoolean();
      Future<Long> talked = talker.submit(() -> talkUntil(over, pair));

      killAt(death, host);
      try (Datapath datapath = new KernelInstaller().installOrAdopt(host.options())) {
        assertThat(datapath.origin()).isEqualTo(Origin.UPGRADED);
        long then = datapath.status().redirectedMessages();
        while (!talked.isDone() && datapath.status().redirectedMessages() == then) {
          Thread.onSpinWait();
        }
      }
      new KernelInstaller().uninstall(host.options());
      over.set(true);
      talker.shutdown();
      assertThat(talked.get(1, TimeUnit.MINUTES)).as("messages, each byte right").isPositive();
      pair.close();
      listener.close();
      host.moveOut();
    }
    before.assertNothingIsLeft();
  }

  private static TalkingPair acceleratedByTheEarlierVersion(
      TestHost host, ServerSocketChannel listener) throws Exception {
    var earlier = new KernelInstaller(EARLIER, step -> {}, step -> {}, step -> {});
    try (Datapath datapath = earlier.installOrAdopt(host.options())) {
      datapath.apply(Policies.real("Handshake", listener, host.cgroup()));
      TalkingPair pair = TalkingPair.over(listener);
      pair.talkUntil(datapath, status -> status.redirectedMessages() > 0);
      return pair;
    }
  }

  private static long talkUntil(AtomicBoolean over, TalkingPair pair) throws Exception {
    long messages = 0;
    while (!over.get()) {
      pair.talk();
      messages += 2;
    }
    return messages;
  }

  private static void killAt(ProgramUpgrade.Step death, TestHost host) throws Exception {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Upgrading.class.getName(),
            host.cgroup().toString(),
            host.pinFolder().toString(),
            death.name());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (var out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(out.readLine()).isEqualTo("before " + death);
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  /** Upgrades until a step, says so, and waits to be killed. */
  static final class Upgrading {
    private Upgrading() {}

    public static void main(String[] args) throws Exception {
      var last = ProgramUpgrade.Step.valueOf(args[2]);
      var installer =
          new KernelInstaller(
              ShuntObject.ofThisVersion(), step -> {}, step -> {}, step -> waitAt(last, step));
      installer.installOrAdopt(TestHost.options(Path.of(args[0]), Path.of(args[1])));
    }

    private static void waitAt(ProgramUpgrade.Step last, ProgramUpgrade.Step step) {
      if (step == last) {
        System.out.println("before " + step);
        while (true) {
          LockSupport.park();
        }
      }
    }
  }
}
