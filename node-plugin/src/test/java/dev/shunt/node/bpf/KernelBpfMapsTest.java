package dev.shunt.node.bpf;

@OnBpfKernel
class KernelBpfMapsTest extends BpfMapsContract {
  @Override
  BpfMaps maps() {
    return new KernelBpf();
  }
}
