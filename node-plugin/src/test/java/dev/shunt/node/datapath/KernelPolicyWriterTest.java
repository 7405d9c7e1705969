package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.BpfMaps;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

@OnBpfKernel
class KernelPolicyWriterTest extends PolicyWriterContract {
  private static final int CHANGES = 20;

  @Override
  BpfMaps kernel() {
    return new KernelBpf();
  }

  /** As the programs read: the generation first, and then that generation's slot. */
  @Test
  void whoReadsWhileSetsChangeSeesEachGenerationWholeAndUnchangedAsLongAsItIsLive()
      throws Exception {
    ExecutorService other = Executors.newSingleThreadExecutor();
    KernelBpf bpf = new KernelBpf();
    try (TestHost host = new TestHost();
        Datapath datapath = new KernelInstaller().installOrAdopt(host.options());
        DatapathMaps maps = opened(bpf, host);
        DatapathMaps readers = opened(bpf, host)) {
      datapath.apply(Policies.many("p", 0, 40));
      AtomicBoolean done = new AtomicBoolean();
      Future<Map<Long, List<Object>>> reader = other.submit(() -> readUntil(done, readers));
      Map<Long, List<Object>> whole = new HashMap<>();
      for (int change = 0; change < CHANGES; change++) {
        // In place, and now and then from nothing.
        CompiledPolicySet set = Policies.many("p", change, change % 10 == 9 ? 400 : 40);
        long generation = datapath.apply(set).generation();
        TestMaps.assertLive(
            maps, generation, set, new CounterRows(maps.rows(), maps.counters()).read());
        whole.put(generation, TestMaps.liveGeneration(maps));
      }
      done.set(true);
      Map<Long, List<Object>> seen = reader.get();
      assertThat(seen).hasSizeGreaterThan(CHANGES / 8);
      seen.keySet().retainAll(whole.keySet());
      assertThat(whole).containsAllEntriesOf(seen);
    } finally {
      other.shutdown();
    }
  }

  /** Handles of its own for each thread. */
  private static DatapathMaps opened(KernelBpf bpf, TestHost host) {
    PinFolder folder = new PinFolder(host.pinFolder());
    return DatapathMaps.open(name -> bpf.openMap(folder.pin(name)));
  }

  /** Whoever is overtaken by two flips is no program: the writer waits for those. */
  private static Map<Long, List<Object>> readUntil(AtomicBoolean done, DatapathMaps maps) {
    Map<Long, List<Object>> seen = new HashMap<>();
    while (!done.get()) {
      long generation = maps.generation();
      List<Object> content = TestMaps.liveGeneration(maps);
      if (maps.generation() == generation) {
        List<Object> earlier = seen.put(generation, content);
        assertThat(earlier == null || earlier.equals(content)).isTrue();
      }
    }
    return seen;
  }
}
