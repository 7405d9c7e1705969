package dev.shunt.node.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelTypesTest {

  @TempDir Path folder;

  @Test
  void findsStructsMembersAndFunctionsPastEveryKind() throws IOException {
    var btf = new BtfBuilder();
    btf.type("int", 1, 0, 32);
    btf.type("array", 3, 0, 1, 1, 4);
    btf.type("colour", 6, 2, btf.string("RED"), 0, btf.string("BLUE"), 1);
    btf.type("", 13, 1, btf.string("argument"), 1);
    btf.type("global", 14, 0, 1);
    btf.type(".data", 15, 1, 5, 0, 4);
    btf.type("wide", 19, 1, btf.string("W"), 0, 0);
    btf.type("sk_psock", 4, 2, btf.string("sk"), 1, 0, btf.string("backlog_msg"), 1, 64);
    btf.type("bpf_cast_to_kern_ctx", 12, 0);

    Set<String> found =
        KernelTypes.read(write(btf.build()))
            .present(
                Set.of(
                    "sk_psock",
                    "sk_psock.backlog_msg",
                    "sk_psock.other",
                    "bpf_cast_to_kern_ctx",
                    "absent",
                    "colour"));

    assertThat(found)
        .containsExactlyInAnyOrder("sk_psock", "sk_psock.backlog_msg", "bpf_cast_to_kern_ctx");
  }

  @Test
  void refusesAFileThatIsNotBtf() throws IOException {
    Path file = write("not btf at all, but long enough".getBytes(StandardCharsets.US_ASCII));

    assertThatThrownBy(() -> KernelTypes.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected BTF");
  }

  @Test
  void refusesAKindOfTheFuture() throws IOException {
    var btf = new BtfBuilder();
    btf.type("new", 31, 0);

    KernelTypes types = KernelTypes.read(write(btf.build()));

    assertThatThrownBy(() -> types.present(Set.of("x"))).hasMessageContaining("kind 31");
  }

  private Path write(byte[] content) throws IOException {
    return Files.write(folder.resolve("vmlinux"), content);
  }

  /** Writes what Documentation/bpf/btf.rst describes. */
  private static final class BtfBuilder {
    private final ByteArrayOutputStream types = new ByteArrayOutputStream();
    private final ByteArrayOutputStream strings = new ByteArrayOutputStream();

    BtfBuilder() {
      strings.write(0);
    }

    int string(String text) {
      int at = strings.size();
      strings.writeBytes(text.getBytes(StandardCharsets.UTF_8));
      strings.write(0);
      return at;
    }

    void type(String name, int kind, int parts, int... trailer) {
      words(name.isEmpty() ? 0 : string(name), kind << 24 | parts, 0);
      words(trailer);
    }

    byte[] build() {
      ByteBuffer header = ByteBuffer.allocate(24).order(ByteOrder.nativeOrder());
      header.putShort((short) 0xeB9F).put((byte) 1).put((byte) 0).putInt(24);
      header.putInt(0).putInt(types.size()).putInt(types.size()).putInt(strings.size());
      var all = new ByteArrayOutputStream();
      all.writeBytes(header.array());
      all.writeBytes(types.toByteArray());
      all.writeBytes(strings.toByteArray());
      return all.toByteArray();
    }

    private void words(int... values) {
      ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.nativeOrder());
      for (int value : values) {
        buffer.putInt(value);
      }
      types.writeBytes(buffer.array());
    }
  }
}
