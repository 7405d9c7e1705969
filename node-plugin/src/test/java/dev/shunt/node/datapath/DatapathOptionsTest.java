package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class DatapathOptionsTest {
  private static final Path CGROUP = Path.of("/sys/fs/cgroup");

  @Test
  void theDefaultsAreThoseOfTheDocumentation() {
    DatapathOptions options = DatapathOptions.forCgroup(CGROUP, "1.0");
    assertThat(options.pinFolder()).isEqualTo(Path.of("/sys/fs/bpf/shunt"));
    assertThat(options.maxSockets()).isEqualTo(131_072);
    assertThat(options.settle()).isEqualTo(Duration.ofMillis(200));
    assertThat(options.nodeBudgetBytes()).isEqualTo(256L << 20);
  }

  @Test
  void valuesThatCannotWorkAreRefusedWithWhatWasFound() {
    assertThatThrownBy(() -> options(Path.of("relative"), 1024, Duration.ZERO, 0))
        .hasMessage("cgroup must be an absolute path, found relative");
    assertThatThrownBy(() -> options(CGROUP, 1, Duration.ZERO, 0))
        .hasMessage("maxSockets must be 2 to 16777216, found 1");
    assertThatThrownBy(() -> options(CGROUP, 1024, Duration.ofHours(2), 0))
        .hasMessage("settle must be 0 to 1 hour, found PT2H");
    assertThatThrownBy(() -> options(CGROUP, 1024, Duration.ZERO, -1))
        .hasMessage("nodeBudgetBytes must not be negative, found -1");
  }

  private static DatapathOptions options(Path cgroup, int sockets, Duration settle, long budget) {
    return new DatapathOptions(
        cgroup, DatapathOptions.DEFAULT_PIN_FOLDER, sockets, settle, budget, "test");
  }
}
