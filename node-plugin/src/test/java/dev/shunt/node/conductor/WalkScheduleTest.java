package dev.shunt.node.conductor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.conductor.Walks.Waiting;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WalkScheduleTest {
  private static final long NAMESPACE = 4_026_532_001L;
  private static final long SETTLE = Duration.ofMillis(200).toNanos();
  private static final long RETRY = WalkSchedule.FIRST_RETRY.toNanos();
  private static final long START = -Duration.ofHours(2).toNanos();

  private final WalkSchedule schedule = new WalkSchedule(Duration.ofNanos(SETTLE));

  @Test
  void nobodyWaitsAndNothingIsDue() {
    schedule.observe(Map.of(), START);

    assertThat(schedule.due(START + 10 * SETTLE)).isEmpty();
  }

  @Test
  void whoWaitsIsVisitedOnceItsConnectionHasSettled() {
    schedule.observe(waiting(1), START);

    assertThat(schedule.due(START + SETTLE - 1)).isEmpty();
    assertThat(schedule.due(START + SETTLE)).containsExactly(NAMESPACE);
  }

  @Test
  void whoIsSlowerThanTcpUntilThenIsVisitedAtOnceHoweverLongOthersWait() {
    schedule.observe(waiting(1), START);
    schedule.observe(Map.of(NAMESPACE, new Waiting(2, true, false, false)), START);

    assertThat(schedule.due(START)).containsExactly(NAMESPACE);
    schedule.walked(NAMESPACE, 1, START);
    assertThat(schedule.due(START)).isEmpty();
  }

  @Test
  void whoIsBeingMeasuredIsVisitedAsSoonAsAnybodyLooksHoweverOftenItWas() {
    schedule.observe(waiting(1), START);
    for (int i = 0; i < 20; i++) {
      schedule.walked(NAMESPACE, 1, START);
    }
    schedule.observe(Map.of(NAMESPACE, new Waiting(1, false, false, true)), START);

    assertThat(schedule.due(START)).containsExactly(NAMESPACE);
  }

  @Test
  void whoStillWaitsAfterAWalkIsVisitedAgainAtGrowingIntervals() {
    schedule.observe(waiting(1), START);
    long now = START + SETTLE;
    for (long retry = RETRY; retry < Duration.ofSeconds(5).toNanos(); retry *= 2) {
      schedule.walked(NAMESPACE, 1, now);
      assertThat(schedule.due(now + retry - 1)).isEmpty();
      now += retry;
      assertThat(schedule.due(now)).containsExactly(NAMESPACE);
    }
    schedule.walked(NAMESPACE, 1, now);
    assertThat(schedule.due(now + WalkSchedule.LONGEST_RETRY.toNanos())).hasSize(1);
  }

  @Test
  void aNewConnectionIsVisitedSoonHoweverLongAnotherOneWaits() {
    schedule.observe(waiting(1), START);
    for (int i = 0; i < 20; i++) {
      schedule.walked(NAMESPACE, 1, START);
    }
    schedule.observe(waiting(2), START);

    assertThat(schedule.due(START + SETTLE)).containsExactly(NAMESPACE);
    schedule.walked(NAMESPACE, 2, START);
    assertThat(schedule.due(START + RETRY)).containsExactly(NAMESPACE);
  }

  @Test
  void whereSomebodyMayHaveBeenMissedAWalkComesSomeTimeButNotBefore() {
    schedule.observe(Map.of(NAMESPACE, new Waiting(0, false, true, false)), START);

    long some = WalkSchedule.LONGEST_RETRY.toNanos();
    assertThat(schedule.due(START + some - 1)).isEmpty();
    assertThat(schedule.due(START + some)).containsExactly(NAMESPACE);
    schedule.observe(waiting(1), START);
    assertThat(schedule.due(START + SETTLE)).containsExactly(NAMESPACE);
  }

  @Test
  void whereSomebodyMayHaveBeenMissedRightBeforeAWalkOneMoreComesAndThenNone() {
    long some = WalkSchedule.LONGEST_RETRY.toNanos();
    schedule.observe(Map.of(NAMESPACE, new Waiting(0, false, true, false)), START);
    schedule.observe(Map.of(NAMESPACE, new Waiting(0, false, true, false)), START + some);
    schedule.walked(NAMESPACE, 0, START + some);
    assertThat(schedule.due(START + 2 * some - 1)).isEmpty();
    assertThat(schedule.due(START + 2 * some)).containsExactly(NAMESPACE);

    schedule.walked(NAMESPACE, 0, START + 2 * some);
    assertThat(schedule.due(START + 10 * some)).isEmpty();
  }

  @Test
  void aWalkForSomebodyElseDoesNotTakeThePlaceOfTheOneForWhoMayHaveBeenMissed() {
    schedule.observe(Map.of(NAMESPACE, new Waiting(0, false, true, false)), START);
    for (int i = 1; i <= 2; i++) {
      schedule.observe(waiting(1), START + i);
      schedule.walked(NAMESPACE, 0, START + i);
    }
    assertThat(schedule.due(START + 2 + WalkSchedule.LONGEST_RETRY.toNanos()))
        .containsExactly(NAMESPACE);
  }

  @Test
  void whoHasSettledIsVisitedAtOnceAndOnlyOnceForThat() {
    schedule.settled(Map.of(NAMESPACE, 1L), START);

    assertThat(schedule.due(START)).containsExactly(NAMESPACE);
    schedule.walked(NAMESPACE, 0, START);
    schedule.settled(Map.of(NAMESPACE, 1L), START + 1);
    assertThat(schedule.due(START + 10 * SETTLE)).isEmpty();
    schedule.settled(Map.of(NAMESPACE, 2L), START + 10 * SETTLE);
    assertThat(schedule.due(START + 10 * SETTLE)).containsExactly(NAMESPACE);
  }

  @Test
  void thatSomeOfThoseWhoSettledCloseIsNoReasonToVisitTheOthersAgain() {
    schedule.settled(Map.of(NAMESPACE, 3L), START);
    schedule.walked(NAMESPACE, 0, START);
    schedule.settled(Map.of(NAMESPACE, 2L), START);

    assertThat(schedule.due(START)).isEmpty();
  }

  @Test
  void whereNothingIsLeftUndoneNobodyComesAgain() {
    schedule.observe(waiting(1), START);
    schedule.walked(NAMESPACE, 0, START + SETTLE);

    assertThat(schedule.due(START + 100 * SETTLE)).isEmpty();
  }

  @Test
  void aNamespaceThatIsGoneIsForgotten() {
    schedule.observe(waiting(1), START);
    schedule.forget(NAMESPACE);

    assertThat(schedule.due(START + SETTLE)).isEmpty();
  }

  private static Map<Long, Waiting> waiting(long candidates) {
    return Map.of(NAMESPACE, new Waiting(candidates, false, false, false));
  }
}
