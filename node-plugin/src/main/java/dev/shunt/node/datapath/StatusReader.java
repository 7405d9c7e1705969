package dev.shunt.node.datapath;

import dev.shunt.node.datapath.DatapathStatus.State;
import java.util.List;

/** Puts a status together from the maps. */
final class StatusReader {
  private final DatapathMaps maps;

  StatusReader(DatapathMaps maps) {
    this.maps = maps;
  }

  /**
   * @param problems handed on
   * @param attached whether the watch still sits on its cgroup
   */
  DatapathStatus read(boolean attached, List<String> problems) {
    CountersReader counters = new CountersReader(maps.counters());
    while (true) {
      long generation = maps.generation();
      String digest =
          generation == 0 ? "" : new SlotLabels(maps.labels()).digest(Abi.slotOf(generation));
      List<SlotLabels.Label> policies = maps.livePolicies();
      // Another process may have flipped meanwhile; its next apply would then overwrite the labels
      // being read.
      if (generation == maps.generation()) {
        return new DatapathStatus(
            state(generation, attached),
            generation,
            digest,
            counters.totals(),
            counters.of(policies),
            problems);
      }
    }
  }

  private State state(long generation, boolean attached) {
    if (!attached) {
      return State.DETACHED;
    }
    if (new DatapathConfig(maps.config()).isDraining()) {
      return State.DRAINING;
    }
    return generation == 0 ? State.IDLE : State.ACTIVE;
  }
}
