package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfMap.Put;
import dev.shunt.node.bpf.BpfMaps;
import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Match;
import dev.shunt.policy.PolicySpec;
import dev.shunt.policy.PortRange;
import dev.shunt.policy.compile.CompiledPolicySet;
import dev.shunt.policy.compile.PolicyCompiler;
import dev.shunt.policy.random.LargestPolicies;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How policy sets become live; runs on maps of the kernel and on maps in memory. */
abstract class PolicyWriterContract {
  private final List<ApplyStep> steps = new ArrayList<>();
  private DatapathMaps maps;

  abstract BpfMaps kernel();

  @BeforeEach
  void open() {
    maps = TestMaps.create(kernel());
  }

  @AfterEach
  void close() {
    maps.close();
  }

  @Test
  void aPolicySetThatWasAppliedIsLiveUnderItsDigest() throws Exception {
    CompiledPolicySet set = Policies.onPort("checkout", 8080);
    AppliedPolicy applied = apply(set);

    assertThat(applied.generation()).isOne();
    assertThat(applied.digest()).isEqualTo(set.digest());
    assertThat(applied.steps()).containsKeys("apply.fill_ports", "apply.flip");
    assertThat(steps).containsExactly(ApplyStep.values());
    DatapathStatus status = new StatusReader(maps).read(true, List.of());
    assertThat(status.digest()).isEqualTo(set.digest());
    assertThat(status.policies()).extracting(p -> p.policy()).containsExactly("checkout");
  }

  @ParameterizedTest
  @EnumSource(ApplyStep.class)
  void aCrashBeforeAnyStepLeavesTheLiveGenerationWholeAndTheNextAttemptSucceeds(ApplyStep death)
      throws Exception {
    apply(Policies.many("old", 0, 3));
    apply(Policies.many("live", 0, 5));
    List<Object> before = TestMaps.liveGeneration(maps);

    try (PolicyWriter dying = writer(SimulatedCrash.at(death))) {
      assertThatThrownBy(() -> dying.apply(Policies.many("new", 3, 7)))
          .isInstanceOf(SimulatedCrash.class);
    }
    assertThat(TestMaps.liveGeneration(maps)).isEqualTo(before);

    apply(Policies.many("other", 9, 2));
    TestMaps.assertLive(maps, 3, Policies.many("other", 9, 2), rows());
  }

  /** Finer than steps: before each call that changes anything in the kernel. */
  @Test
  void aCrashBeforeAnyCallThatFillsAnEmptySlotLeavesTheLiveGenerationWhole() throws Exception {
    int calls = 0;
    boolean died = true;
    while (died) {
      DyingMaps process = new DyingMaps(kernel());
      try (DatapathMaps pinned = TestMaps.create(process)) {
        died = diesWhileApplying(process, pinned, calls++);
      }
    }
    // Each of ten tables is made, written if there is anything in it, and put into its slot.
    assertThat(calls).isGreaterThan(2 * Table.values().length + 8);
  }

  /** One slot is written over and over, whatever the attempts before left in it. */
  @Test
  void aCrashBeforeAnyCallThatChangesASlotLeavesTheLiveGenerationWhole() throws Exception {
    DyingMaps process = new DyingMaps(kernel());
    try (DatapathMaps pinned = TestMaps.create(process)) {
      apply(process, pinned, Policies.many("first", 0, 3));
      int calls = 0;
      while (diesWhileApplying(process, pinned, calls)) {
        calls++;
      }
      // Ports, classes, policies, addresses, names and edges, and a few more.
      assertThat(calls).isGreaterThan(Table.values().length);
    }
  }

  /** Whether it did; if not, the new set is live and whole. */
  private static boolean diesWhileApplying(DyingMaps process, DatapathMaps maps, int afterCalls)
      throws DatapathException {
    apply(process, maps, Policies.many("live", afterCalls, 5));
    List<Object> before = TestMaps.liveGeneration(maps);
    CompiledPolicySet set = Policies.many("new", afterCalls, 7);
    process.dieAfter(afterCalls);
    boolean died = false;
    try {
      apply(process, maps, set);
    } catch (SimulatedCrash e) {
      died = true;
    }
    process.dieAfter(Integer.MAX_VALUE);
    if (died) {
      assertThat(TestMaps.liveGeneration(maps)).as("after %d calls", afterCalls).isEqualTo(before);
    } else {
      Map<String, Integer> rows = new CounterRows(maps.rows(), maps.counters()).read();
      TestMaps.assertLive(maps, maps.generation(), set, rows);
    }
    return died;
  }

  private static void apply(BpfMaps kernel, DatapathMaps maps, CompiledPolicySet set)
      throws DatapathException {
    try (PolicyWriter writer = new PolicyWriter(kernel, maps, step -> {}, System::nanoTime)) {
      writer.apply(set);
    }
  }

  @Test
  void whatTheKernelRefusesIsReportedWithTheStepAndTheErrno() {
    ApplyStep.Listener refusal =
        step -> {
          if (step == ApplyStep.FILL_EDGES) {
            throw new BpfException("bpf_map_create shunt_edges", 12);
          }
        };
    try (PolicyWriter writer = writer(refusal)) {
      assertThatThrownBy(() -> writer.apply(Policies.none()))
          .isInstanceOfSatisfying(
              DatapathException.class,
              e -> {
                assertThat(e.code()).isEqualTo("apply.fill_edges");
                assertThat(e.errno()).isEqualTo("ENOMEM");
                assertThat(e).hasMessageContaining("bpf_map_create shunt_edges failed with ENOMEM");
              });
    }
  }

  @Test
  void aSlotThatHoldsTheSetIsNotWritten() throws Exception {
    assertThat(apply(Policies.many("p", 0, 3)).entriesWritten()).isPositive();
    apply(Policies.many("p", 0, 3));
    assertThat(apply(Policies.many("p", 0, 3)).entriesWritten()).isZero();
    TestMaps.assertLive(maps, 3, Policies.many("p", 0, 3), rows());
  }

  /** Compared with what the slot holds, which was live before the last change. */
  @Test
  void aChangeOfOnePolicyAmongManyWritesTheEntriesThatItChangesAndNoOther() throws Exception {
    DyingMaps process = new DyingMaps(kernel());
    try (DatapathMaps pinned = TestMaps.create(process)) {
      List<AccelerationPolicy> policies = new ArrayList<>(LargestPolicies.some(256, 1));
      apply(process, pinned, PolicyCompiler.compile(policies));
      apply(process, pinned, PolicyCompiler.compile(policies));
      HeldSlot before = TestMaps.held(pinned, Abi.slotOf(3));
      CompiledPolicySet edited = PolicyCompiler.compile(withSevenMorePorts(policies, 100));
      int entries = process.entriesChanged();

      apply(process, pinned, edited);

      entries = process.entriesChanged() - entries;
      HeldSlot after = TestMaps.held(pinned, Abi.slotOf(3));
      int changed = 0;
      for (Table table : Table.values()) {
        changed += after.table(table).changesFrom(before.table(table)).count();
      }
      // Seven ports, and their classes where those are new.
      assertThat(changed).isBetween(7, 7 + 8);
      // The name of the set, the slot's header and the flip.
      assertThat(entries).isEqualTo(changed + 3);
      Map<String, Integer> rows = new CounterRows(pinned.rows(), pinned.counters()).read();
      TestMaps.assertLive(pinned, 3, edited, rows);
    }
  }

  private static List<AccelerationPolicy> withSevenMorePorts(
      List<AccelerationPolicy> policies, int which) {
    List<AccelerationPolicy> edited = new ArrayList<>(policies);
    AccelerationPolicy policy = edited.get(which);
    Match match = policy.spec().match();
    List<PortRange> ports = new ArrayList<>(match.ports());
    ports.set(0, new PortRange(ports.get(0).first(), ports.get(0).last() + 7));
    edited.set(
        which,
        new AccelerationPolicy(
            policy.metadata(),
            PolicySpec.of(new Match(ports, match.cgroups(), match.clients(), match.servers()))));
    return edited;
  }

  @Test
  void aLargeSlotIsNotKeptForASmallSet() throws Exception {
    CompiledPolicySet large = Policies.networks(3_000);
    apply(large);
    apply(large);
    apply(Policies.networks(1));
    TestMaps.assertLive(maps, 3, Policies.networks(1), rows());
    try (BpfMap clients = Objects.requireNonNull(maps.outer(Table.CLIENTS6).getMap(1))) {
      assertThat(clients.spec().maxEntries()).isLessThan(100);
    }
  }

  /** Numbers are kept where that saves a write, but tables have room up to the highest. */
  @Test
  void theNumbersOfManyClassesDoNotOutliveThem() throws Exception {
    apply(Policies.many("p", 0, 500));
    apply(Policies.many("p", 0, 500));
    CompiledPolicySet small = Policies.many("p", 499, 1);
    apply(small);
    TestMaps.assertLive(maps, 3, small, rows());
    HeldSlot held = TestMaps.held(maps, Abi.slotOf(3));
    assertThat(new PolicyImage(small, rows(), held).table(Table.CLASSES).count()).isLessThan(100);
  }

  @Test
  void anEmptySetIsAGenerationToo() throws Exception {
    apply(Policies.onPort("checkout", 8080));
    AppliedPolicy applied = apply(Policies.none());
    assertThat(applied.generation()).isEqualTo(2);
    assertThat(new StatusReader(maps).read(true, List.of()).policies()).isEmpty();
  }

  @Test
  void aPolicyKeepsItsCountersThroughEditsAndDeletion() throws Exception {
    apply(Policies.many("p", 0, 3));
    int row = row("p-1");
    maps.counters().put(Abi.index(row), filled(7), Put.ANY);

    apply(Policies.none());
    apply(Policies.many("p", 1, 1));

    assertThat(rows().get("p-1")).isEqualTo(row);
    DatapathStatus status = new StatusReader(maps).read(true, List.of());
    assertThat(status.policies().get(0).counters().reasons()).containsEntry(Reason.REMOTE_PEER, 7L);
    assertThat(status.policies().get(0).counters().redirectedBytes()).isEqualTo(7);
    assertThat(status.live()).isEqualTo(7);
  }

  @Test
  void aRowThatChangesHandsStartsAtZeroAndNoLiveRowDoesWhileOthersAreLeft() throws Exception {
    apply(Policies.many("a", 0, 1024));
    for (int row = 1; row < Abi.COUNTER_ROWS; row++) {
      maps.counters().put(Abi.index(row), filled(5), Put.ANY);
    }
    Map<String, Integer> first = rows();
    apply(Policies.many("b", 0, 1023));
    assertThat(rows()).containsAllEntriesOf(first).hasSize(2047);

    apply(Policies.many("c", 0, 1));

    Integer row = rows().get("c-0");
    assertThat(rows()).hasSize(2047).containsKey("b-7");
    assertThat(first).containsValue(row);
    assertThat(new StatusReader(maps).read(true, List.of()).policies().get(0).counters().live())
        .isZero();
  }

  @Test
  void negativeCountersOfConnectionsThatOutlivedTheirRowReadAsZero() throws Exception {
    apply(Policies.onPort("checkout", 8080));
    maps.counters().put(Abi.index(row("checkout")), filled(-1), Put.ANY);
    assertThat(new StatusReader(maps).read(true, List.of()).live()).isZero();
  }

  private AppliedPolicy apply(CompiledPolicySet set) throws DatapathException {
    steps.clear();
    try (PolicyWriter writer = writer(steps::add)) {
      return writer.apply(set);
    }
  }

  private PolicyWriter writer(ApplyStep.Listener listener) {
    return new PolicyWriter(kernel(), maps, listener, System::nanoTime);
  }

  private int row(String policy) {
    return Objects.requireNonNull(rows().get(policy));
  }

  private Map<String, Integer> rows() {
    return new CounterRows(maps.rows(), maps.counters()).read();
  }

  private static byte[] filled(long value) {
    ByteBuffer row = Abi.bytes(Abi.COUNTERS_SIZE);
    while (row.hasRemaining()) {
      row.putLong(value);
    }
    return row.array();
  }
}
