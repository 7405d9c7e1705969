package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfMaps;
import dev.shunt.node.bpf.MapSpec;
import dev.shunt.node.bpf.MapType;

/**
 * Waits until every BPF program that runs now has ended, by a map of maps that nobody else uses:
 * bpf(2) calls synchronize_rcu() after an update of one (kernel/bpf/syscall.c,
 * maybe_wait_bpf_programs).
 */
final class GracePeriod implements AutoCloseable {
  private final BpfMap outer;
  private final BpfMap inner;

  GracePeriod(BpfMaps maps) {
    inner = maps.create(Abi.array("shunt_grace_in", Integer.BYTES, 1));
    outer =
        maps.createOuter(
            new MapSpec(MapType.ARRAY_OF_MAPS, "shunt_grace", Integer.BYTES, Integer.BYTES, 1, 0),
            inner);
  }

  void await() {
    outer.putMap(0, inner);
  }

  @Override
  public void close() {
    outer.close();
    inner.close();
  }
}
