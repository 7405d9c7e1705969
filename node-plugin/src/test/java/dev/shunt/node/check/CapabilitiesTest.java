package dev.shunt.node.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class CapabilitiesTest {

  @Test
  void namesEachMissingOne() {
    assertThat(parse("0000000000000000").missing())
        .containsExactly("CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN");
    assertThat(parse("0000008000001000").missing()).containsExactly("CAP_PERFMON");
  }

  @Test
  void takesSysAdminForBpfAndPerfmonButNotForNetAdmin() {
    assertThat(parse("0000000000200000").missing()).containsExactly("CAP_NET_ADMIN");
    assertThat(parse("0000000000201000").missing()).isEmpty();
  }

  @Test
  void rootHasThemAll() {
    Capabilities root = parse("000001ffffffffff");

    assertThat(root.missing()).isEmpty();
    assertThat(root.present())
        .containsExactly("CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN", "CAP_SYS_ADMIN");
  }

  @Test
  void saysWhatItExpectedOfTheFile() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Capabilities.parse("Name: x\n"))
        .withMessageContaining("CapEff");
  }

  private static Capabilities parse(String hex) {
    return Capabilities.parse("Name:\tjava\nCapPrm:\t0\nCapEff:\t" + hex + "\nSeccomp:\t0\n");
  }
}
