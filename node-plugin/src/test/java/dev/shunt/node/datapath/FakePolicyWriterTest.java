package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMaps;
import dev.shunt.node.bpf.FakeBpfMaps;

class FakePolicyWriterTest extends PolicyWriterContract {
  private final FakeBpfMaps fake = new FakeBpfMaps();

  @Override
  BpfMaps kernel() {
    return fake;
  }
}
