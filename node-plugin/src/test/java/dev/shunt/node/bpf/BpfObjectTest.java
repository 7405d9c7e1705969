package dev.shunt.node.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;

@OnBpfKernel
class BpfObjectTest {
  /** {@code r0 = *(u64 *)(r5 + 0)}: at a program's first instruction r5 was never written. */
  private static final long READ_UNINITIALISED = 0x0000_0000_0000_5079L;

  @Test
  void aProgramTheVerifierRefusesIsReportedWithItsNameAndTheVerifiersWords() throws IOException {
    byte[] elf = shuntObject();
    ByteBuffer.wrap(elf)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(sectionOffset(elf, "sk_msg"), READ_UNINITIALISED);
    try (BpfObject object = BpfObject.open(elf)) {
      object.programNames().stream()
          .filter(name -> !name.equals("shunt_redirect"))
          .forEach(object::skip);
      assertThatThrownBy(object::load)
          .isInstanceOfSatisfying(
              BpfException.class,
              e -> {
                assertThat(e.operation()).isEqualTo("bpf_object__load shunt_redirect");
                assertThat(e.errnoName()).isEqualTo("EACCES");
                assertThat(e.kernelLog()).contains("R5 !read_ok");
                assertThat(e).hasMessageContaining("R5 !read_ok").hasMessageContaining("verifier");
              });
    }
  }

  @Test
  void whatIsNoObjectFileIsRefusedBeforeItReachesTheKernel() {
    assertThatThrownBy(() -> BpfObject.open("not ELF".getBytes(StandardCharsets.US_ASCII)))
        .isInstanceOfSatisfying(
            BpfException.class, e -> assertThat(e.operation()).isEqualTo("bpf_object__open_mem"));
  }

  @Test
  void anUnknownMapOrProgramIsNamedTogetherWithThoseThatExist() throws IOException {
    try (BpfObject object = BpfObject.open(shuntObject())) {
      assertThatThrownBy(() -> object.skip("shunt_wtach"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("shunt_wtach")
          .hasMessageContaining("shunt_watch");
      assertThatThrownBy(() -> object.setMaxEntries("shunt_socket", 2))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("shunt_sockets");
    }
  }

  private static byte[] shuntObject() throws IOException {
    try (InputStream in = BpfObjectTest.class.getResourceAsStream("/dev/shunt/bpf/shunt.bpf.o")) {
      return Objects.requireNonNull(in).readAllBytes();
    }
  }

  /** Where a section's bytes begin; see elf(5), 64-bit little-endian. */
  private static int sectionOffset(byte[] elf, String name) {
    ByteBuffer file = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
    int headers = (int) file.getLong(0x28);
    int size = file.getShort(0x3a);
    int count = file.getShort(0x3c);
    int names = (int) file.getLong(headers + file.getShort(0x3e) * size + 0x18);
    for (int i = 0; i < count; i++) {
      int header = headers + i * size;
      int at = names + file.getInt(header);
      int end = at;
      while (elf[end] != 0) {
        end++;
      }
      if (name.equals(new String(elf, at, end - at, StandardCharsets.US_ASCII))) {
        return (int) file.getLong(header + 0x18);
      }
    }
    throw new AssertionError("no section " + name);
  }
}
