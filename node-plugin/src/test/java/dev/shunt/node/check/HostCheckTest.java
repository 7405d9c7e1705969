package dev.shunt.node.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.BpfObject;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.KernelObjects;
import dev.shunt.node.bpf.MountTable;
import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.check.CheckLine.Effect;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole check, on the running kernel. */
@OnBpfKernel
@Timeout(300)
class HostCheckTest {
  private static final Path PINS = Path.of("/sys/fs/bpf/shunt");

  @Test
  void triesEveryPromiseOnTheKernelAndLeavesNothing() throws Exception {
    String cgroup = Files.readString(Path.of("/proc/self/cgroup"));
    KernelObjects kernel = new KernelObjects();

    CheckReport report = HostCheck.run(null, PINS);

    assertThat(report.lines()).filteredOn(line -> line.effect() != Effect.FULL).isEmpty();
    assertThat(report.lines())
        .extracting(CheckLine::name)
        .contains(
            "probe",
            "programs",
            "pairing",
            "redirect",
            "fionread",
            "order",
            "backlog",
            "walk",
            "reader",
            "settled",
            "splice",
            "half-close",
            "leaving");
    assertThat(Files.readString(Path.of("/proc/self/cgroup"))).isEqualTo(cgroup);
    assertThat(forgotten(ProcessHandle.current().pid())).isEmpty();
    kernel.assertNothingIsLeft();
  }

  @Test
  void whatAKilledCheckLeavesIsItsCgroupAndTheNextOneRemovesIt() throws Exception {
    KernelObjects kernel = new KernelObjects();
    Process check =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                "dev.shunt.node.cli.Main",
                "check")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    while (check.isAlive() && forgotten(check.pid()).isEmpty()) {
      Thread.onSpinWait();
    }
    check.destroyForcibly().waitFor();
    assertThat(forgotten(check.pid())).as("it was killed in the middle").hasSize(1);

    HostCheck.run(null, PINS);

    assertThat(forgotten(check.pid())).isEmpty();
    kernel.assertNothingIsLeft();
  }

  @Test
  void refusesAKernelThatQueuesRedirectedMessagesAsynchronously(@TempDir Path folder)
      throws Exception {
    Path types =
        typesOf(
            folder,
            "struct sk_psock { void *backlog_msg; } psock; struct bpf_iter__tcp { int x; } iter;");

    CheckReport report = HostCheck.run(null, PINS, types, "6.12.115");

    assertThat(report.fit()).isFalse();
    assertThat(report.refusals())
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith("queue: ")
                    .contains("queues redirected messages asynchronously"))
        .anySatisfy(line -> assertThat(line).contains("cast", "absent", "Linux 6.2 or newer"));
    assertThat(report.lines()).extracting(CheckLine::name).doesNotContain("probe");
  }

  @Test
  void takesAKernelWhoseNumberTellsNothingIfItShowsThatItBoundsMemory() throws Exception {
    CheckReport report = HostCheck.run(null, PINS, KernelTypes.VMLINUX, "6.8.0-60-generic");

    assertThat(report.effect()).isEqualTo(Effect.FULL);
    assertThat(report.lines())
        .anySatisfy(line -> assertThat(line.seen()).contains("6.8.0-60-generic", "line backlog"));
  }

  @Test
  void refusesAKernelWhoseNumberTellsNothingIfItCouldNotBeTried() {
    var notTried = List.of(CheckLine.full("probe", "a cgroup", "cannot be made"));
    var tried = List.of(CheckLine.full("backlog", "a message", "the next one took TCP"));

    assertThat(HostCheck.unproven("6.8.0-60-generic", notTried))
        .singleElement()
        .satisfies(line -> assertThat(line.effect()).isEqualTo(Effect.REFUSE))
        .satisfies(line -> assertThat(line.seen()).contains("could not be tried on 6.8.0-60"));
    assertThat(HostCheck.unproven("6.8.0-60-generic", tried)).isEmpty();
    assertThat(HostCheck.unproven("6.12.115", notTried)).isEmpty();
  }

  @Test
  void refusesAKernelThatIsTooOldByNameAndReason() throws Exception {
    CheckReport report = HostCheck.run(null, PINS, KernelTypes.VMLINUX, "6.1.0-57-amd64");

    assertThat(report.refusals())
        .singleElement()
        .satisfies(
            line ->
                assertThat(line)
                    .startsWith("kernel: 6.1.0-57-amd64: BPF programs cannot look into sockets")
                    .contains("bookworm-backports"));
    assertThat(report.lines()).extracting(CheckLine::name).doesNotContain("probe");
  }

  @Test
  void refusesAKernelWithoutTypes(@TempDir Path folder) throws Exception {
    CheckReport report = HostCheck.run(null, PINS, folder.resolve("vmlinux"), "6.12.115");

    assertThat(report.refusals())
        .anySatisfy(line -> assertThat(line).contains("btf", "CONFIG_DEBUG_INFO_BTF=y"));
  }

  /** The BTF of a few declarations, as a kernel's is in /sys/kernel/btf. */
  private static Path typesOf(Path folder, String source) throws Exception {
    Path object = folder.resolve("types.o");
    Path types = folder.resolve("vmlinux");
    run(
        "clang",
        "-g",
        "-target",
        "bpf",
        "-c",
        "-o",
        object,
        Files.writeString(folder.resolve("types.c"), source));
    run("llvm-objcopy", "--dump-section", ".BTF=" + types, object, "/dev/null");
    return types;
  }

  private static void run(Object... command) throws Exception {
    List<String> words = Stream.of(command).map(Object::toString).toList();
    assertThat(new ProcessBuilder(words).inheritIO().start().waitFor()).isZero();
  }

  @Test
  void namesSockopsProgramsOfOthersOnTheCgroupAndItsAncestors() throws Exception {
    Path root = Objects.requireNonNull(MountTable.read().cgroup2());
    Path outer = root.resolve("shunt-test-" + ProcessHandle.current().pid() + "-others");
    Path inner = outer.resolve("inner");
    Files.createDirectories(inner);
    KernelBpf bpf = new KernelBpf();
    try (BpfObject others = BpfObject.open(Files.readAllBytes(foreignObject()))) {
      others.load();
      try (BpfFd program = others.openProgram("foreign_watch");
          BpfFd folder = bpf.openFolder(outer);
          BpfFd link = bpf.linkToCgroup(program, folder)) {
        List<CheckLine> lines = new OtherPrograms(root, inner).lines();
        assertThat(link).isNotNull();
        assertThat(lines.get(0).seen()).contains("foreign_watch").contains("on " + outer);
        assertThat(lines.get(0).advice()).contains("kernel_refused");
        assertThat(lines.get(2).seen()).contains("foreign_msg");
      }
    } finally {
      Files.delete(inner);
      Files.delete(outer);
    }
  }

  /** Compiled here: two programs that do nothing, under names that are not Shunt's. */
  private static Path foreignObject() throws IOException, InterruptedException {
    Path source = Files.createTempFile("foreign", ".bpf.c");
    Path object = Files.createTempFile("foreign", ".o");
    source.toFile().deleteOnExit();
    object.toFile().deleteOnExit();
    Files.writeString(
        source,
        """
        #define SEC(name) __attribute__((section(name), used))
        SEC("sockops") int foreign_watch(void *ctx) { return 1; }
        SEC("sk_msg") int foreign_msg(void *ctx) { return 1; }
        char LICENSE[] SEC("license") = "GPL";
        """);
    Process clang =
        new ProcessBuilder(
                "clang",
                "-g",
                "-O2",
                "-target",
                "bpf",
                "-c",
                source.toString(),
                "-o",
                object.toString())
            .inheritIO()
            .start();
    assertThat(clang.waitFor()).isZero();
    return object;
  }

  /** Cgroups of a probe of that process, anywhere its own cgroup may be. */
  private static List<Path> forgotten(long pid) throws IOException {
    Path root = Objects.requireNonNull(MountTable.read().cgroup2());
    List<Path> found = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
      if (line.startsWith("0::/")) {
        Path home = root.resolve(line.substring("0::/".length())).normalize();
        try (DirectoryStream<Path> left = Files.newDirectoryStream(home, "shunt-check-" + pid)) {
          left.forEach(found::add);
        }
      }
    }
    return found;
  }
}
