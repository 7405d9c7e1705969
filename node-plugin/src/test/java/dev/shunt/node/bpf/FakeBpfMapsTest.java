package dev.shunt.node.bpf;

class FakeBpfMapsTest extends BpfMapsContract {
  @Override
  BpfMaps maps() {
    return new FakeBpfMaps();
  }
}
