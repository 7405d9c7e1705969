package dev.shunt.node.traffic;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.MapEntries;
import dev.shunt.node.bpf.MountTable;
import dev.shunt.node.datapath.Datapath;
import dev.shunt.node.datapath.DatapathException;
import dev.shunt.node.datapath.DatapathInstaller;
import dev.shunt.node.datapath.DatapathOptions;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.datapath.Reason;
import dev.shunt.node.datapath.UninstallReport;
import dev.shunt.node.programs.SpliceJudge;
import dev.shunt.policy.compile.CompiledPolicySet;
import dev.shunt.policy.compile.PolicyCompiler;
import dev.shunt.policy.parse.ParsedPolicies;
import dev.shunt.policy.parse.PolicyParser;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A datapath on a cgroup of the test's own, and programs in it: there for each test, or for all of
 * a class where it is a static field. Everything is gone at the end, whatever the test left behind.
 */
final class TrafficHost
    implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
  private static final Duration POLL = Duration.ofMillis(5);
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Duration SETTLE = Duration.ofMillis(20);
  private static final int MAX_SOCKETS = 4096;

  private final String name = "shunt-traffic-" + ProcessHandle.current().pid();
  private final Path cgroup = Objects.requireNonNull(MountTable.read().cgroup2()).resolve(name);
  private final Conducting conducting;
  private final List<Closeable> opened = new ArrayList<>();
  private final List<String> notices = new CopyOnWriteArrayList<>();
  private DatapathOptions options = options(SETTLE, MAX_SOCKETS, 0);
  private List<String> trusted = SpliceJudge.DEFAULT_TRUSTED;
  private @Nullable Datapath datapath;
  private boolean forAll;

  /** Who walks the sockets. */
  enum Conducting {
    BY_ITSELF,
    /** Nobody but the test, step by step. */
    BY_HAND
  }

  TrafficHost() {
    this(Conducting.BY_ITSELF);
  }

  TrafficHost(Conducting conducting) {
    this.conducting = conducting;
  }

  @Override
  public void beforeAll(ExtensionContext context) throws IOException, DatapathException {
    forAll = true;
    open(SETTLE, MAX_SOCKETS, 0);
  }

  @Override
  public void beforeEach(ExtensionContext context) throws IOException, DatapathException {
    if (!forAll) {
      open(SETTLE, MAX_SOCKETS, 0);
    }
  }

  @Override
  public void afterEach(ExtensionContext context) throws IOException, DatapathException {
    if (!forAll) {
      close();
    }
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException, DatapathException {
    if (forAll) {
      close();
    }
  }

  /** In place of the host that every test begins with. */
  void reopens(Duration settle) throws IOException, DatapathException {
    close();
    open(settle, MAX_SOCKETS, 0);
  }

  /** That one with room for so many sockets and unread bytes. */
  void reopens(int maxSockets, long nodeBudgetBytes) throws IOException, DatapathException {
    close();
    open(SETTLE, maxSockets, nodeBudgetBytes);
  }

  private void open(Duration settle, int maxSockets, long nodeBudgetBytes)
      throws IOException, DatapathException {
    options = options(settle, maxSockets, nodeBudgetBytes);
    Files.createDirectories(cgroup);
    datapath = DatapathInstaller.onThisKernel().installOrAdopt(options);
    if (conducting == Conducting.BY_ITSELF) {
      conduct();
    }
  }

  private DatapathOptions options(Duration settle, int maxSockets, long nodeBudgetBytes) {
    Path pins = Path.of("/sys/fs/bpf", name);
    return new DatapathOptions(cgroup, pins, maxSockets, settle, nodeBudgetBytes, "test");
  }

  /** File names of programs that never splice, though they could; of this host from now on. */
  void trusts(List<String> programs) throws DatapathException {
    trusted = programs;
    abandon();
    adopt();
  }

  private void conduct() throws DatapathException {
    datapath().conduct(1, new SpliceJudge(trusted), notices::add);
  }

  /** What people were told. */
  List<String> notices() {
    return notices;
  }

  /** Lets go of the datapath as a killed agent does; it goes on by itself. */
  void abandon() {
    datapath().close();
  }

  /** Takes the running datapath over, as the next agent does. */
  void adopt() throws DatapathException {
    datapath = DatapathInstaller.onThisKernel().installOrAdopt(options);
    conduct();
  }

  UninstallReport uninstall() throws DatapathException {
    datapath().close();
    return DatapathInstaller.onThisKernel().uninstall(options);
  }

  Datapath datapath() {
    return Objects.requireNonNull(datapath, "the host is not open");
  }

  /** Makes these the live policies; {@code %CGROUP} stands for the test's cgroup. */
  void apply(String yaml) throws DatapathException {
    datapath().apply(compiled(yaml));
  }

  /** All of the test's cgroup, by one policy. */
  void acceleratesFromTheFirstByte() throws DatapathException {
    acceleratesFromTheFirstByte("{}");
  }

  /**
   * All of the test's cgroup, by one policy.
   *
   * @param limits of it, as YAML
   */
  void acceleratesFromTheFirstByte(String limits) throws DatapathException {
    apply(
        """
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata: {name: all}
        spec: {match: {cgroups: ["%CGROUP"]}, enrolment: Handshake, limits: LIMITS}
        """
            .replace("LIMITS", limits));
  }

  private CompiledPolicySet compiled(String yaml) {
    ParsedPolicies parsed =
        PolicyParser.parse(yaml.replace("%CGROUP", "/" + name).getBytes(StandardCharsets.UTF_8));
    if (!parsed.problems().isEmpty()) {
      throw new AssertionError("a test's policy is wrong: " + parsed.problems());
    }
    return PolicyCompiler.compile(parsed.policies());
  }

  /** One more datapath on the same cgroup, with these policies, until it is closed. */
  Closeable another(String yaml) throws DatapathException {
    DatapathOptions its = options.withPinFolder(Path.of("/sys/fs/bpf", name + "-another"));
    Datapath another = DatapathInstaller.onThisKernel().installOrAdopt(its);
    another.apply(compiled(yaml));
    return opened(
        () -> {
          another.close();
          try {
            DatapathInstaller.onThisKernel().uninstall(its);
          } catch (DatapathException e) {
            throw new IOException(e);
          }
        });
  }

  /** Of the cgroup, as policies name it. */
  String cgroupPath() {
    return "/" + name;
  }

  /** Keys in both sockhashes: sockets that were touched. */
  int socketsInSockhashes() {
    return entriesOf("shunt_sockets") + entriesOf("shunt_pollers");
  }

  int entriesOf(String map) {
    try (BpfMap opened = new KernelBpf().openMap(pin(map))) {
      return opened.readAll().count();
    }
  }

  /** Ends of connections that said that they redirect nothing any more: SHUNT_END_LEFT. */
  long endsThatLeft() {
    try (BpfMap bonds = new KernelBpf().openMap(pin("shunt_bonds"))) {
      MapEntries entries = bonds.readAll();
      long left = 0;
      for (int i = 0; i < entries.count(); i++) {
        ByteBuffer bond = ByteBuffer.wrap(entries.value(i)).order(ByteOrder.nativeOrder());
        for (int end = 0; end < 2; end++) {
          left += bond.getInt(end * bond.capacity() / 2 + 24) >> 2 & 1; // shunt_end.flags
        }
      }
      return left;
    }
  }

  /** By both ends of the connections that are open. */
  long bytesRedirectedByOpenConnections() throws DatapathException {
    return datapath().connections().stream().mapToLong(c -> c.redirectedBytes()).sum();
  }

  Namespace namespace() throws IOException {
    return opened(new Namespace());
  }

  /** One that gives its TCP sockets so many bytes together. */
  MemoryCgroup memoryCgroup(long limit) throws IOException {
    return opened(new MemoryCgroup(name, limit));
  }

  Program start(Namespace namespace, String... command) throws IOException {
    return opened(new Program(cgroup, namespace, List.of(command)));
  }

  /** One of the two programs of traffic.py. */
  Program traffic(Namespace namespace, String... arguments) throws IOException {
    return script("traffic.py", namespace, arguments);
  }

  /** A program of a script beside this class. */
  Program script(String script, Namespace namespace, String... arguments) throws IOException {
    return scriptIn(cgroup, script, namespace, arguments);
  }

  /** One in a cgroup below the test's own. */
  Program scriptBelow(String child, String script, Namespace namespace, String... arguments)
      throws IOException {
    return scriptIn(madeFor(cgroup.resolve(child)), script, namespace, arguments);
  }

  /** One whose sockets the datapath does not see: to it, they could be on another host. */
  Program remoteScript(String script, Namespace namespace, String... arguments) throws IOException {
    return scriptIn(madeFor(remote()), script, namespace, arguments);
  }

  private Program scriptIn(Path folder, String script, Namespace namespace, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("python3", unpacked(script).toString()));
    Collections.addAll(command, arguments);
    return opened(new Program(folder, namespace, command));
  }

  Puppet puppet(Namespace namespace) throws IOException {
    return puppetIn(cgroup, namespace);
  }

  /** Two of them share a CPU, and what streams between them is never put to trial. */
  Puppet puppetOnFirstCpu(Namespace namespace) throws IOException {
    Puppet puppet = puppet(namespace);
    puppet.does("cpu 0");
    return puppet;
  }

  Path pin(String name) {
    return options.pinFolder().resolve(name);
  }

  /** A puppet in a cgroup below the test's own. */
  Puppet puppet(Namespace namespace, String child) throws IOException {
    return puppetIn(madeFor(cgroup.resolve(child)), namespace);
  }

  /** A puppet whose sockets the datapath does not see: to it, they could be on another host. */
  Puppet remotePuppet(Namespace namespace) throws IOException {
    return puppetIn(madeFor(remote()), namespace);
  }

  private Path remote() {
    return cgroup.resolveSibling(name + "-remote");
  }

  /** Until the test is over. */
  private Path madeFor(Path folder) throws IOException {
    if (Files.notExists(folder)) {
      Files.createDirectory(folder);
      opened.add(() -> Files.delete(folder));
    }
    return folder;
  }

  private Puppet puppetIn(Path folder, Namespace namespace) throws IOException {
    return new Puppet(scriptIn(folder, "puppet.py", namespace), this);
  }

  /** What the conductor does about processes that the programs ask about, without a look. */
  void trustsEveryProgram() {
    answersForEveryProgram(1);
  }

  /** Answers with a number of {@code enum shunt_program}, also what was answered before. */
  void answersForEveryProgram(int verdict) {
    KernelBpf bpf = new KernelBpf();
    try (BpfMap asked = bpf.openMap(pin("shunt_asked"));
        BpfMap programs = bpf.openMap(pin("shunt_programs"))) {
      byte[] answer = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(verdict).array();
      for (MapEntries processes : List.of(asked.readAll(), programs.readAll())) {
        for (int i = 0; i < processes.count(); i++) {
          programs.put(processes.key(i), answer, BpfMap.Put.ANY);
        }
      }
    }
  }

  /** Waits for the counters; fails with what they are when they do not get there. */
  DatapathStatus await(String what, Predicate<DatapathStatus> condition) throws DatapathException {
    return await(what, condition, PATIENCE);
  }

  DatapathStatus await(String what, Predicate<DatapathStatus> condition, Duration patience)
      throws DatapathException {
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      DatapathStatus status = datapath().status();
      if (condition.test(status)) {
        return status;
      }
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("expected %s, found %s".formatted(what, summary(status)));
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  private static String summary(DatapathStatus status) {
    return "%s live %d accelerated %d open %d redirected %d bytes, reasons %s, fallbacks %s"
        .formatted(
            status.state(),
            status.live(),
            status.accelerated(),
            status.acceleratedLive(),
            status.redirectedBytes(),
            nonZero(status.reasons()),
            nonZero(status.fallbacks()));
  }

  /** Connections that are, or were when they closed, not accelerated. */
  Map<Reason, Long> reasons() throws DatapathException {
    return nonZero(datapath().status().reasons());
  }

  /** How often a direction left redirecting for TCP. */
  Map<Reason, Long> fallbacks() throws DatapathException {
    return nonZero(datapath().status().fallbacks());
  }

  private static Map<Reason, Long> nonZero(Map<Reason, Long> counts) {
    Map<Reason, Long> found = new TreeMap<>(counts);
    found.values().removeIf(count -> count == 0);
    return found;
  }

  private static Path unpacked(String name) throws IOException {
    Path script = Files.createTempFile("shunt-traffic", ".py");
    script.toFile().deleteOnExit();
    try (var in = TrafficHost.class.getResourceAsStream(name)) {
      Files.write(script, Objects.requireNonNull(in).readAllBytes());
    }
    return script;
  }

  private <T extends Closeable> T opened(T resource) {
    opened.add(resource);
    return resource;
  }

  private void close() throws IOException, DatapathException {
    Collections.reverse(opened);
    for (Closeable resource : opened) {
      resource.close();
    }
    opened.clear();
    uninstall();
    Files.delete(cgroup);
  }
}
