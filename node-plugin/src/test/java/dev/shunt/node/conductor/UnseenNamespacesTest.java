package dev.shunt.node.conductor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class UnseenNamespacesTest {
  private static final long NAMESPACE = 4_026_532_001L;
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final UnseenNamespaces unseen = new UnseenNamespaces();

  @Test
  void oneThatIsMissedOnceMayHaveEnded() {
    unseen.missed(NAMESPACE, 0);
    unseen.missed(NAMESPACE + 1, 0);
    unseen.missed(NAMESPACE, SECOND);

    assertThat(unseen.problems(SECOND)).isEmpty();
  }

  @Test
  void oneThatIsMissedAgainAndAgainIsAProblemThatSaysWhatToDo() {
    for (int i = 0; i < 3; i++) {
      unseen.missed(NAMESPACE, i * SECOND);
    }

    assertThat(unseen.problems(3 * SECOND))
        .singleElement()
        .asString()
        .contains("network namespace 4026532001")
        .contains("/run/netns");
  }

  @Test
  void aProblemIsForgottenWhenNobodyWaitsThereAnyMore() {
    for (int i = 0; i < 3; i++) {
      unseen.missed(NAMESPACE, i * SECOND);
    }

    assertThat(unseen.problems(63 * SECOND)).isEmpty();
  }
}
