package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.MountTable;
import dev.shunt.policy.CgroupPath;
import dev.shunt.policy.observe.Flow;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Reads the maps of {@code mode: Observe} and the iterator of flows. Changes nothing. */
final class InsightReader {
  /** More groups of connections than this help nobody; those with most connections stay. */
  static final int MOST_FLOWS = 256;

  private final PinFolder folder;
  private final Function<Path, BpfMap> open;
  private final Map<Integer, String> policies = new HashMap<>();
  private final Duration settle;
  private final CgroupPath watched;

  InsightReader(DatapathOptions options, Function<Path, BpfMap> open, DatapathMaps maps) {
    this.folder = new PinFolder(options.pinFolder());
    this.open = open;
    this.settle = options.settle();
    this.watched = CgroupPaths.below(MountTable.read().cgroup2(), options.cgroup());
    new CounterRows(maps.rows(), maps.counters())
        .read()
        .forEach((name, row) -> policies.put(row, name));
  }

  Insight read() {
    CgroupPaths cgroups = CgroupPaths.ofThisHost();
    ObservationReader observations = observations(cgroups);
    // The programs' clock, bpf_ktime_get_ns(), is the one that the JVM reads here.
    long now = System.nanoTime();
    return new Insight(
        observations.byPolicy(now), flows(cgroups, observations, now).sample(MOST_FLOWS));
  }

  /** Each connection by itself. */
  List<Flow> connections() {
    CgroupPaths cgroups = CgroupPaths.ofThisHost();
    return flows(cgroups, observations(cgroups), System.nanoTime()).connections();
  }

  private FlowReader flows(CgroupPaths cgroups, ObservationReader observations, long now) {
    FlowReader flows =
        new FlowReader(cgroups, watched, cookie -> observations.outcome(cookie, now));
    new NamespaceReader(folder.pin(PinFolder.FLOWS_ITERATOR), Abi.FLOW_SIZE)
        .read(record -> flows.add(FlowSocket.read(record)));
    return flows;
  }

  private ObservationReader observations(CgroupPaths cgroups) {
    try (BpfMap observations = open.apply(folder.pin(Abi.OBSERVATIONS.name()));
        BpfMap observed = open.apply(folder.pin(Abi.OBSERVED.name()));
        BpfMap blockers = open.apply(folder.pin(Abi.BLOCKERS.name()))) {
      return new ObservationReader(observations, observed, blockers, policies, cgroups, settle);
    }
  }
}
