package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMaps;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.OnBpfKernel;

@OnBpfKernel
class KernelPolicyWriterTest extends PolicyWriterContract {
  @Override
  BpfMaps kernel() {
    return new KernelBpf();
  }
}
