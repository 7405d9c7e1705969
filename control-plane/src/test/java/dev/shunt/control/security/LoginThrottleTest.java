package dev.shunt.control.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class LoginThrottleTest {

  private Instant now = Instant.parse("2026-01-01T00:00:00Z");

  private final LoginThrottle throttle =
      new LoginThrottle(
          new Clock() {
            @Override
            public ZoneId getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
              return this;
            }

            @Override
            public Instant instant() {
              return now;
            }
          });

  private void fail(int times, String username, String address) {
    for (int i = 0; i < times; i++) {
      throttle.failed(username, address);
    }
  }

  @Test
  void aFewWrongPasswordsCostNothing() {
    fail(4, "ann", "10.0.0.1");

    assertThat(throttle.waitFor("ann", "10.0.0.1")).isNull();
  }

  @Test
  void eachFurtherOneDoublesTheWaitUpToAMinute() {
    fail(5, "ann", "10.0.0.1");
    assertThat(throttle.waitFor("ann", "10.0.0.1")).isEqualTo(Duration.ofSeconds(1));
    fail(1, "ann", "10.0.0.1");
    assertThat(throttle.waitFor("ann", "10.0.0.1")).isEqualTo(Duration.ofSeconds(2));
    fail(50, "ann", "10.0.0.1");
    assertThat(throttle.waitFor("ann", "10.0.0.1")).isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void theWaitPasses() {
    fail(5, "ann", "10.0.0.1");
    now = now.plusSeconds(1);

    assertThat(throttle.waitFor("ann", "10.0.0.1")).isNull();
  }

  @Test
  void manyAddressesDoNotHelpToGuessOnePassword() {
    for (int i = 0; i < 5; i++) {
      throttle.failed("ann", "10.0.0." + i);
    }

    assertThat(throttle.waitFor("ann", "10.0.0.99")).isNotNull();
  }

  @Test
  void manyNamesDoNotHelpOneAddress() {
    for (int i = 0; i < 20; i++) {
      throttle.failed("user" + i, "10.0.0.1");
    }

    assertThat(throttle.waitFor("somebody", "10.0.0.1")).isNotNull();
    assertThat(throttle.waitFor("somebody", "10.0.0.2")).isNull();
  }

  @Test
  void theRightPasswordForgetsTheWrongOnes() {
    fail(4, "ann", "10.0.0.1");
    throttle.succeeded("ann", "10.0.0.1");
    fail(4, "ann", "10.0.0.1");

    assertThat(throttle.waitFor("ann", "10.0.0.1")).isNull();
  }

  @Test
  void aSeriesIsForgottenAfterHalfAnHour() {
    fail(60, "ann", "10.0.0.1");
    now = now.plus(Duration.ofMinutes(31));
    assertThat(throttle.waitFor("ann", "10.0.0.1")).isNull();
    fail(1, "ann", "10.0.0.1");

    assertThat(throttle.waitFor("ann", "10.0.0.1")).isNull();
  }
}
