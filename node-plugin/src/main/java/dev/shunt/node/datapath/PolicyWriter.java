package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfMap.Put;
import dev.shunt.node.bpf.BpfMaps;
import dev.shunt.node.bpf.MapEntries;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes policy sets live. Two slots take turns: the idle one is filled and read back while programs
 * read the live one, then one 8-byte write flips them. An inner map is never written again once a
 * slot holds it, so both slots may share it, and a change writes only the tables it changes. One
 * thread.
 */
final class PolicyWriter implements AutoCloseable {
  private final BpfMaps kernel;
  private final DatapathMaps maps;
  private final ApplyStep.Listener listener;
  private final LongSupplier nanoTime;
  private final GracePeriod gracePeriod;
  private final CounterRows rows;
  private final SlotLabels labels;

  PolicyWriter(
      BpfMaps kernel, DatapathMaps maps, ApplyStep.Listener listener, LongSupplier nanoTime) {
    this.kernel = kernel;
    this.maps = maps;
    this.listener = listener;
    this.nanoTime = nanoTime;
    this.gracePeriod = new GracePeriod(kernel);
    this.rows = new CounterRows(maps.rows(), maps.counters());
    this.labels = new SlotLabels(maps.labels());
  }

  /** When it fails, programs see nothing of it. */
  AppliedPolicy apply(CompiledPolicySet set) throws DatapathException {
    Run run = new Run(set);
    try {
      return run.apply();
    } catch (BpfException e) {
      throw new DatapathException(run.step.code(), e);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new DatapathException(run.step.code(), e);
    }
  }

  @Override
  public void close() {
    gracePeriod.close();
  }

  /** One attempt. */
  private final class Run {
    private final CompiledPolicySet set;
    private final long started = nanoTime.getAsLong();
    private final Map<ApplyStep, Duration> times = new EnumMap<>(ApplyStep.class);
    private ApplyStep step = ApplyStep.WAIT_FOR_READERS;
    private long stepStarted = started;

    Run(CompiledPolicySet set) {
      this.set = set;
    }

    AppliedPolicy apply() throws DatapathException {
      long live = maps.generation();
      long next = live + 1;
      int idleSlot = Abi.slotOf(next);

      enter(ApplyStep.WAIT_FOR_READERS);
      // A program may have read the generation before the last flip and still be walking the slot
      // that is idle now. Were
      // it overwritten under its feet, it could even put a class of the old set into the new set's
      // cgroup cache.
      gracePeriod.await();

      enter(ApplyStep.ASSIGN_ROWS);
      Map<String, Integer> assigned = rows.assign(names(set), liveNames());
      PolicyImage image = new PolicyImage(set, assigned);

      int written = 0;
      for (Table table : Table.values()) {
        enter(ApplyStep.fill(table));
        if (fill(table, image.table(table), live, idleSlot)) {
          written++;
        }
      }

      enter(ApplyStep.WRITE_LABELS);
      labels.write(idleSlot, set.digest(), assigned);

      enter(ApplyStep.WRITE_SLOT);
      byte[] slot = image.slot(next);
      maps.slots().put(Abi.index(idleSlot), slot, Put.ANY);

      enter(ApplyStep.VERIFY);
      verify(idleSlot, slot, assigned);

      enter(ApplyStep.FLIP);
      maps.active().put(Abi.index(0), Abi.bytes(Long.BYTES).putLong(next).array(), Put.ANY);

      long now = finish();
      return new AppliedPolicy(
          next, set.digest(), written, Duration.ofNanos(now - started), stepTimes());
    }

    /** True when the table's content is new, false when the live slot's inner map is shared. */
    private boolean fill(Table table, MapEntries content, long live, int idleSlot)
        throws DatapathException {
      BpfMap outer = maps.outer(table);
      try (BpfMap same = live == 0 ? null : liveMapWith(table, content, Abi.slotOf(live))) {
        if (same != null) {
          outer.putMap(idleSlot, same);
          return false;
        }
      }
      try (BpfMap inner = kernel.create(table.inner(content.count()))) {
        inner.putAll(content);
        if (!inner.readAll().sameAs(content)) {
          throw mismatch(table.mapName() + " does not hold what was written to it");
        }
        outer.putMap(idleSlot, inner);
      }
      return table != Table.CGROUPS;
    }

    /**
     * Read from the kernel, not remembered: then it is also right after a restart, a crash or a
     * failed attempt.
     */
    private @Nullable BpfMap liveMapWith(Table table, MapEntries content, int liveSlot) {
      if (table == Table.CGROUPS) {
        return null;
      }
      BpfMap inner;
      try {
        inner = maps.outer(table).getMap(liveSlot);
      } catch (BpfException e) {
        // Opening a map by id needs CAP_SYS_ADMIN. Without it every table is written, which is
        // merely slower.
        return null;
      }
      if (inner == null || inner.readAll().sameAs(content)) {
        return inner;
      }
      inner.close();
      return null;
    }

    private void verify(int idleSlot, byte[] slot, Map<String, Integer> assigned)
        throws DatapathException {
      if (!Arrays.equals(slot, maps.slots().get(Abi.index(idleSlot)))) {
        throw mismatch("shunt_slots[" + idleSlot + "] does not hold what was written to it");
      }
      for (Table table : Table.values()) {
        if (maps.outer(table).get(Abi.index(idleSlot)) == null) {
          throw mismatch(table.mapName() + "[" + idleSlot + "] is empty");
        }
      }
      Map<String, Integer> held = rows.read();
      if (!held.entrySet().containsAll(assigned.entrySet())) {
        throw mismatch("shunt_rows does not hold the rows that were assigned");
      }
    }

    private DatapathException mismatch(String what) {
      return new DatapathException(
          step.code(),
          what + "; another process writes to the pin folder, or the kernel is broken");
    }

    private Set<String> liveNames() {
      return maps.livePolicies().stream().map(SlotLabels.Label::policy).collect(Collectors.toSet());
    }

    private void enter(ApplyStep next) {
      finish();
      step = next;
      listener.before(next);
    }

    private long finish() {
      long now = nanoTime.getAsLong();
      times.merge(step, Duration.ofNanos(now - stepStarted), Duration::plus);
      stepStarted = now;
      return now;
    }

    private Map<String, Duration> stepTimes() {
      return times.entrySet().stream()
          .collect(Collectors.toMap(e -> e.getKey().code(), Map.Entry::getValue));
    }
  }

  private static List<String> names(CompiledPolicySet set) {
    return set.policies().stream().map(CompiledPolicySet.Row::name).toList();
  }
}
