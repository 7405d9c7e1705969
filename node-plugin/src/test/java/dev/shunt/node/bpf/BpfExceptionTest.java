package dev.shunt.node.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BpfExceptionTest {
  @Test
  void theMessageHoldsTheOperationTheErrnosNameAndWhatToDo() {
    assertThat(new BpfException("bpf_map_create shunt_ports", 1))
        .hasMessageStartingWith(
            "bpf_map_create shunt_ports failed with EPERM: run as root or grant CAP_BPF");
  }

  @Test
  void anErrnoWithoutANameIsANumber() {
    assertThat(new BpfException("bpf_obj_get", 12345).errnoName()).isEqualTo("errno 12345");
  }

  @Test
  void onlyTheEndOfALongKernelLogIsInTheMessageAndAllOfItIsKept() {
    BpfException e =
        new BpfException("bpf_object__load shunt_watch", 13, "a\nb\nc\nd\nprocessed 4 insns\n");
    assertThat(e).hasMessageEndingWith("ends: c | d | processed 4 insns");
    assertThat(e.kernelLog()).startsWith("a\nb");
  }

  @Test
  void aMissingLibraryIsASentenceThatNamesThePackage() {
    assertThat(LibbpfMissingException.sentence("libbpf.so.1", "no such file"))
        .contains("libbpf 1.x is needed")
        .contains("no such file")
        .contains("Debian and Ubuntu call the package libbpf1");
  }
}
