package dev.shunt.node.conductor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CpuShareTest {
  private static final double ONE_PERCENT = 0.01;
  private static final Duration DEAR = CpuShare.CREDIT.plusMillis(30);
  private static final Duration CHEAP = Duration.ofNanos(10_000);

  /** Monotonic clocks may begin anywhere. */
  private static final long START = -Duration.ofHours(2).toNanos();

  private final CpuShare share = new CpuShare(ONE_PERCENT);

  @Test
  void nothingIsOwedAtFirst() {
    assertThat(share.allows(START)).isTrue();
  }

  @Test
  void aDearWalkIsPaidByAHundredTimesItsDurationWithoutAnother() {
    share.spent(DEAR, START);

    assertThat(share.allows(START + millis(2999))).isFalse();
    assertThat(share.allows(START + millis(3000))).isTrue();
  }

  @Test
  void aCheapTickDoesNotCancelTheDebtOfADearWalk() {
    share.spent(DEAR, START);
    share.spent(CHEAP, START + millis(50));

    assertThat(share.allows(START + millis(3000))).isFalse();
    assertThat(share.allows(START + millis(3001))).isTrue();
  }

  @Test
  void debtsAddUp() {
    share.spent(DEAR, START);
    share.spent(DEAR, START);

    assertThat(share.allows(START + millis(15_999))).isFalse();
    assertThat(share.allows(START + millis(16_000))).isTrue();
  }

  @Test
  void whatWasNotUsedIsSavedUpToALimit() {
    share.spent(CHEAP, START);
    long muchLater = START + Duration.ofDays(1).toNanos();
    share.spent(CpuShare.CREDIT, muchLater);
    assertThat(share.allows(muchLater)).isTrue();

    share.spent(CHEAP, muchLater);
    assertThat(share.allows(muchLater)).isFalse();
  }

  /** Without this, whoever owes much would never enrol anybody again. */
  @Test
  void whoeverWaitsLongEnoughMayAlwaysGoOn() {
    Random random = new Random(3);
    long now = START;
    for (int walk = 0; walk < 1000; walk++) {
      Duration cost = Duration.ofMillis(1 + random.nextInt(400));
      share.spent(cost, now);
      now += cost.multipliedBy(100).toNanos();
      assertThat(share.allows(now)).isTrue();
    }
  }

  @Test
  void inNoPeriodMoreIsSpentThanTheShareAndTheCreditAndTheLastWalk() {
    Random random = new Random(1);
    long now = START;
    long spent = 0;
    for (int tick = 0; tick < 100_000; tick++) {
      now += millis(50);
      Duration cost = share.allows(now) ? Duration.ofMillis(1 + random.nextInt(60)) : CHEAP;
      share.spent(cost, now);
      spent += cost.toNanos();
      double most = (now - START) * ONE_PERCENT + CpuShare.CREDIT.toNanos() + millis(60);
      assertThat((double) spent).isLessThanOrEqualTo(most);
    }
  }

  @Test
  void aShareIsAboveZeroAndAtMostOneCpu() {
    assertThatThrownBy(() -> new CpuShare(0)).hasMessageContaining("above 0 and at most 1");
    assertThatThrownBy(() -> new CpuShare(1.5)).hasMessageContaining("found 1.5");
  }

  private static long millis(long millis) {
    return Duration.ofMillis(millis).toNanos();
  }
}
