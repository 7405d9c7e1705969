package dev.shunt.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CidrTest {

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.1.2, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "10.1.2.3/32, 10.1.2.3, true",
    "10.1.2.3/32, 10.1.2.2, false",
    "0.0.0.0/0, 255.255.255.255, true",
    "128.0.0.0/1, 200.0.0.1, true",
    "0.0.0.0/0, ::1, false",
    "::/0, ::1, true",
    "::/0, 10.0.0.1, false",
    "::/0, ::ffff:10.0.0.1, false",
    "::ffff:0.0.0.0/96, 10.0.0.1, true",
    "::ffff:10.0.0.0/104, 10.0.0.1, true",
    "10.0.0.0/8, ::ffff:10.0.0.1, true",
    "fd00::/8, fdff::1, true",
    "fd00::/8, fe00::1, false",
    "fd00:0:0:1::/64, fd00:0:0:1:ffff::, true",
    "fd00:0:0:1::/64, fd00:0:0:2::, false",
    "fd00::8000:0:0:0/65, fd00::8000:0:0:1, true",
    "fd00::8000:0:0:0/65, fd00::1, false",
    "::1/128, ::1, true"
  })
  void aNetworkContainsTheAddressesOfItsFamilyThatShareItsPrefix(
      String cidr, String address, boolean contained) {
    assertThat(Cidr.parse(cidr).contains(IpAddress.parse(address))).isEqualTo(contained);
  }

  @Test
  void aMappedNetworkIsTheV4Network() {
    assertThat(Cidr.parse("::ffff:10.0.0.0/104"))
        .isEqualTo(Cidr.parse("10.0.0.0/8"))
        .hasToString("10.0.0.0/8");
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.1/8, HOST_BITS_SET, 10.0.0.0/8",
    "fd00::1/8, HOST_BITS_SET, fd00::/8",
    "0.0.0.1/0, HOST_BITS_SET, 0.0.0.0/0",
    "::ffff:10.0.0.0/95, HOST_BITS_SET, IPv4",
    "10.0.0.1, BAD_CIDR, 10.0.0.1/32",
    "fd00::1, BAD_CIDR, fd00::1/128",
    "10.0.0.0/33, BAD_CIDR, ''",
    "fd00::/129, BAD_CIDR, ''",
    "10.0.0.0/08, BAD_CIDR, ''",
    "10.0.0/8, BAD_CIDR, ''",
    "10.0.0.0/-1, BAD_CIDR, ''",
    "any, BAD_CIDR, ''"
  })
  void anErrorSaysWhatToWrite(String text, ProblemCode code, String hint) {
    assertThatExceptionOfType(InvalidValueException.class)
        .isThrownBy(() -> Cidr.parse(text))
        .satisfies(e -> assertThat(e.code()).isEqualTo(code))
        .satisfies(e -> assertThat(e.hint()).contains(hint));
  }
}
