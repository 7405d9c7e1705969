package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.BpfMap.Put;
import dev.shunt.node.bpf.BpfMaps;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Makes policy sets live. Two slots take turns: once no program reads the idle one any more, what
 * differs in it from the new set is written and read back while programs read the live one; then
 * one 8-byte write flips them. For one thread.
 */
final class PolicyWriter implements AutoCloseable {
  private final BpfMaps kernel;
  private final DatapathMaps maps;
  private final ApplyStep.Listener listener;
  private final LongSupplier nanoTime;
  private final GracePeriod gracePeriod;
  private final ExecutorService workers =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "shunt-apply");
            thread.setDaemon(true);
            return thread;
          });
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
    // A failed attempt may have left a wait behind, which uses what is closed next.
    workers.shutdown();
    boolean interrupted = false;
    while (!workers.isTerminated()) {
      try {
        workers.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    gracePeriod.close();
  }

  /** One attempt. */
  private final class Run {
    private final CompiledPolicySet set;
    private final long started = nanoTime.getAsLong();
    private final Map<ApplyStep, Duration> times = new EnumMap<>(ApplyStep.class);
    private ApplyStep step = ApplyStep.ASSIGN_ROWS;
    private long stepStarted = started;

    Run(CompiledPolicySet set) {
      this.set = set;
    }

    AppliedPolicy apply() {
      long live = maps.generation();
      long next = live + 1;
      int idleSlot = Abi.slotOf(next);

      // Waits beside the work that touches no slot.
      CompletableFuture<Void> noReaders = CompletableFuture.runAsync(gracePeriod::await, workers);

      enter(ApplyStep.ASSIGN_ROWS);
      Map<String, Integer> assigned = rows.assign(names(set), liveNames());

      PolicyImage image;
      int written;
      try (IdleTables tables = new IdleTables(kernel, maps, idleSlot, workers)) {
        enter(ApplyStep.READ_IDLE_SLOT);
        image = new PolicyImage(set, assigned, tables.read());

        enter(ApplyStep.WAIT_FOR_READERS);
        // A program may have read the generation before the last flip and still be walking the slot
        // that is idle now. Were it overwritten under its feet, it could even put a class of the
        // old set into the new set's cgroup cache.
        IdleTables.join(noReaders);

        Map<Table, CompletableFuture<Void>> writes = tables.startWriting(image);
        for (Table table : Table.values()) {
          enter(ApplyStep.fill(table));
          IdleTables.join(Objects.requireNonNull(writes.get(table)));
        }

        enter(ApplyStep.PUT_TABLES);
        tables.put();
        written = tables.written();
      }

      enter(ApplyStep.WRITE_LABELS);
      labels.write(idleSlot, set.digest(), labelled(set, assigned));

      enter(ApplyStep.WRITE_SLOT);
      byte[] slot = image.slot(next);
      maps.slots().put(Abi.index(idleSlot), slot, Put.ANY);

      enter(ApplyStep.VERIFY);
      verify(idleSlot, slot, assigned);

      enter(ApplyStep.FLIP);
      // Tables and header were written as memory and by calls, none of which promises an order to
      // other CPUs; whoever reads the new generation must find all of it.
      VarHandle.fullFence();
      maps.active().put(Abi.index(0), Abi.bytes(Long.BYTES).putLong(next).array(), Put.ANY);

      long now = finish();
      return new AppliedPolicy(
          next, set.digest(), written, Duration.ofNanos(now - started), stepTimes());
    }

    private void verify(int idleSlot, byte[] slot, Map<String, Integer> assigned) {
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

  static IllegalStateException mismatch(String what) {
    return new IllegalStateException(
        what + "; another process writes to the pin folder, or the kernel is broken");
  }

  private static List<SlotLabels.Label> labelled(CompiledPolicySet set, Map<String, Integer> rows) {
    return set.policies().stream()
        .map(
            policy ->
                new SlotLabels.Label(
                    policy.name(),
                    Objects.requireNonNull(rows.get(policy.name())),
                    policy.fingerprint()))
        .toList();
  }

  private static List<String> names(CompiledPolicySet set) {
    return set.policies().stream().map(CompiledPolicySet.Row::name).toList();
  }
}
