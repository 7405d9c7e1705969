package dev.shunt.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.shunt.policy.IpAddress.Family;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressTest {

  @ParameterizedTest
  @CsvSource({
    "10.1.2.3, 10.1.2.3",
    "0.0.0.0, 0.0.0.0",
    "255.255.255.255, 255.255.255.255",
    "::ffff:10.1.2.3, 10.1.2.3",
    "::FFFF:0a01:0203, 10.1.2.3",
    "::, ::",
    "::1, ::1",
    "FD00:0:0:0:0:0:0:1, fd00::1",
    "1:0:0:2:0:0:0:3, 1:0:0:2::3",
    "1:0:0:2:3:0:0:4, 1::2:3:0:0:4",
    "1:0:2:3:4:5:6:7, 1:0:2:3:4:5:6:7",
    "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0",
    "1::, 1::",
    "::fffe:10.1.2.3, ::fffe:a01:203"
  })
  void anAddressHasOneCanonicalText(String text, String canonical) {
    assertThat(IpAddress.parse(text)).hasToString(canonical);
    assertThat(IpAddress.parse(canonical)).isEqualTo(IpAddress.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "01.2.3.4",
        "1.2.3.4 ",
        "localhost",
        "example.com",
        ":",
        ":::",
        "1::2::3",
        "fe80::1%lo",
        "[::1]",
        "g::1",
        "1:2:3:4:5:6:7:8:9",
        "0x7f.1",
        "٣.1.1.1"
      })
  void anythingElseIsNoAddress(String text) {
    assertThatExceptionOfType(InvalidValueException.class)
        .isThrownBy(() -> IpAddress.parse(text))
        .matches(e -> e.code() == ProblemCode.BAD_ADDRESS);
  }

  @Test
  void bytesAndTextAgreeWithTheJdkForRandomAddresses() throws UnknownHostException {
    Random random = new Random(7);
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = new byte[random.nextBoolean() ? 4 : 16];
      for (int b = 0; b < bytes.length; b++) {
        bytes[b] = (byte) (random.nextInt(3) == 0 ? random.nextInt() : 0);
      }
      IpAddress address = IpAddress.of(bytes);
      assertThat(address.bytes()).isEqualTo(InetAddress.getByAddress(bytes).getAddress());
      assertThat(IpAddress.parse(address.toString())).isEqualTo(address);
    }
  }

  @Test
  void aMappedAddressIsOfFamilyV4() {
    assertThat(IpAddress.parse("::ffff:1.2.3.4").family()).isEqualTo(Family.V4);
    assertThat(IpAddress.of(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 1, 2, 3, 4}))
        .isEqualTo(IpAddress.parse("1.2.3.4"));
  }
}
