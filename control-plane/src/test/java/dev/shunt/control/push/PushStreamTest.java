package dev.shunt.control.push;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.policy.PolicySet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The rules of one stream, docs/node-protocol.md. */
class PushStreamTest {

  private static final PushTiming TIMING =
      new PushTiming(Duration.ofMillis(75), Duration.ofSeconds(1), Duration.ofSeconds(10));

  private final ManualTime time = new ManualTime();
  private final RecordingOutbound node = new RecordingOutbound();
  private final List<DesiredState> unanswered = new ArrayList<>();

  private PushStream stream(String applied, @Nullable String parked) {
    return new PushStream(node, TIMING, time, time, applied, parked, unanswered::add);
  }

  private static DesiredState state(long version, String digest) {
    return new DesiredState(version, digest, new PolicySet(List.of()), new byte[0]);
  }

  @Test
  void onlyOneUpdateIsUnacknowledgedAndTheNewestWaitsBehindIt() {
    PushStream stream = stream("", null);
    stream.desire(state(1, "a"));
    stream.desire(state(2, "b"));
    stream.desire(state(3, "c"));
    assertThat(node.versions()).containsExactly(1L);

    stream.ack(node.last().nonce(), "a");

    assertThat(node.versions()).containsExactly(1L, 3L);
  }

  @Test
  void aNodeThatAlreadyCarriesTheSetGetsAHeartbeatOnly() {
    PushStream stream = stream("a", null);
    stream.desire(state(7, "a"));

    assertThat(node.updates).isEmpty();
    assertThat(node.heartbeats).containsExactly(7L);
  }

  @Test
  void aRevisionThatDoesNotConcernTheNodeIsOnlyAnnounced() {
    PushStream stream = stream("", null);
    stream.desire(state(1, "a"));
    stream.ack(node.last().nonce(), "a");
    stream.desire(state(2, "a"));

    assertThat(node.versions()).containsExactly(1L);
    assertThat(node.heartbeats).containsExactly(2L);
  }

  @Test
  void anOlderStateThanTheDesiredOneIsIgnored() {
    PushStream stream = stream("", null);
    node.ready = false;
    stream.desire(state(5, "e"));
    stream.desire(state(4, "d"));
    node.ready = true;
    stream.ready();

    assertThat(node.versions()).containsExactly(5L);
  }

  @Test
  void aRefusedSetIsNotSentAgainUntilAnotherIsDesired() {
    PushStream stream = stream("", null);
    stream.desire(state(1, "bad"));
    assertThat(stream.nack(node.last().nonce())).isInstanceOf(Receipt.Answered.class);
    stream.desire(state(2, "bad"));
    stream.ready();
    assertThat(node.versions()).containsExactly(1L);

    stream.desire(state(3, "good"));

    assertThat(node.versions()).containsExactly(1L, 3L);
  }

  @Test
  void aRefusedSetIsSentAgainWhenSomebodyRetries() {
    PushStream stream = stream("", null);
    stream.desire(state(1, "bad"));
    stream.nack(node.last().nonce());

    stream.retry();

    assertThat(node.versions()).containsExactly(1L, 1L);
  }

  @Test
  void aSetRefusedOnAnEarlierStreamStaysParked() {
    PushStream stream = stream("old", "bad");
    stream.desire(state(2, "bad"));

    assertThat(node.updates).isEmpty();
  }

  @Test
  void anAnswerWithAnotherNonceIsStaleAndChangesNothing() {
    PushStream stream = stream("", null);
    stream.desire(state(1, "a"));
    long nonce = node.last().nonce();

    assertThat(stream.ack(nonce + 1, "a")).isInstanceOf(Receipt.Stale.class);
    assertThat(stream.nack(nonce - 1)).isInstanceOf(Receipt.Stale.class);
    assertThat(stream.ack(nonce, "a")).isInstanceOf(Receipt.Answered.class);
    assertThat(stream.ack(nonce, "a")).isInstanceOf(Receipt.Stale.class);
  }

  @Test
  void anAckOfAnotherDigestIsAMismatchAndIsNotSentInALoop() {
    PushStream stream = stream("", null);
    stream.desire(state(1, "a"));

    assertThat(stream.ack(node.last().nonce(), "z"))
        .isEqualTo(new Receipt.Mismatch(state(1, "a"), "z"));
    assertThat(node.updates).hasSize(1);
  }

  @Test
  void aNodeThatDoesNotAnswerInTimeLosesItsStream() {
    PushStream stream = stream("", null);
    stream.desire(state(1, "a"));
    time.pass(Duration.ofMillis(9_999));
    assertThat(node.closed).isNull();

    time.pass(Duration.ofMillis(1));

    assertThat(node.closed).contains("version 1");
    assertThat(unanswered).containsExactly(state(1, "a"));
    stream.desire(state(2, "b"));
    assertThat(node.versions()).containsExactly(1L);
  }

  @Test
  void anAnswerInTimeLeavesNoTimerBehind() {
    PushStream stream = stream("", null);
    stream.desire(state(1, "a"));
    time.pass(Duration.ofSeconds(3));

    Receipt receipt = stream.ack(node.last().nonce(), "a");

    assertThat(receipt).isEqualTo(new Receipt.Answered(state(1, "a"), Duration.ofSeconds(3)));
    assertThat(time.waiting()).isZero();
  }

  @Test
  void nothingIsSentUntilTheTransportIsReadyAndThenOnlyTheNewest() {
    PushStream stream = stream("", null);
    node.ready = false;
    stream.desire(state(1, "a"));
    stream.desire(state(2, "b"));
    assertThat(node.updates).isEmpty();

    node.ready = true;
    stream.ready();

    assertThat(node.versions()).containsExactly(2L);
  }

  @Test
  void goingBackToWhatTheNodeCarriesAfterARefusalSendsNothing() {
    PushStream stream = stream("good", null);
    stream.desire(state(1, "good"));
    stream.desire(state(2, "bad"));
    stream.nack(node.last().nonce());

    stream.desire(state(3, "good"));

    assertThat(node.versions()).containsExactly(2L);
    assertThat(node.heartbeats).containsExactly(1L, 3L);
  }

  @Test
  void aClosedStreamIsClosedOnceAndStaysSilent() {
    PushStream stream = stream("", null);
    stream.close("first");
    stream.close("second");
    stream.desire(state(1, "a"));

    assertThat(node.closed).isEqualTo("first");
    assertThat(node.updates).isEmpty();
  }
}
