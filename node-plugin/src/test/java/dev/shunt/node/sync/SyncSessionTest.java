package dev.shunt.node.sync;

import static dev.shunt.node.sync.PolicyFixtures.applied;
import static dev.shunt.node.sync.PolicyFixtures.delta;
import static dev.shunt.node.sync.PolicyFixtures.digest;
import static dev.shunt.node.sync.PolicyFixtures.full;
import static dev.shunt.node.sync.PolicyFixtures.refused;
import static dev.shunt.node.sync.PolicyFixtures.resource;
import static dev.shunt.node.sync.PolicyFixtures.snapshot;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.store.PolicySnapshot;
import dev.shunt.node.sync.SyncAction.Apply;
import dev.shunt.node.sync.SyncAction.Close;
import dev.shunt.node.sync.SyncAction.ConnectAfter;
import dev.shunt.node.sync.SyncAction.Open;
import dev.shunt.node.sync.SyncAction.Remember;
import dev.shunt.node.sync.SyncAction.SendAck;
import dev.shunt.node.sync.SyncAction.SendNack;
import dev.shunt.node.sync.SyncAction.SendStatus;
import dev.shunt.node.sync.SyncEvent.ApplyFinished;
import dev.shunt.node.sync.SyncEvent.Beat;
import dev.shunt.node.sync.SyncEvent.Cause;
import dev.shunt.node.sync.SyncEvent.ConnectDue;
import dev.shunt.node.sync.SyncEvent.GoAwayReceived;
import dev.shunt.node.sync.SyncEvent.HeartbeatReceived;
import dev.shunt.node.sync.SyncEvent.StopRequested;
import dev.shunt.node.sync.SyncEvent.StreamEnded;
import dev.shunt.node.sync.SyncEvent.UpdateReceived;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SyncSessionTest {

  private static final Duration MOMENT = Duration.ofMillis(10);

  private final ManualClock clock = new ManualClock();

  @Test
  void greetsWithWhatItHolds() {
    PolicySnapshot held = snapshot(7, Map.of("a", "{}"));

    List<SyncAction> actions = session(held).on(new ConnectDue());

    assertThat(actions).containsExactly(new Open(1, held, false));
  }

  @Test
  void acknowledgesOnlyAfterTheSetWasApplied() {
    SyncSession session = connected(PolicySnapshot.NONE);

    List<SyncAction> onUpdate = session.on(new UpdateReceived(1, full(5, 1, resource("a"))));
    PolicySnapshot desired = only(onUpdate, Apply.class).desired();
    List<SyncAction> onApplied = session.on(new ApplyFinished(applied(desired)));

    assertThat(onUpdate).noneMatch(SendAck.class::isInstance);
    assertThat(only(onApplied, SendAck.class)).isEqualTo(new SendAck(1, 5, 1, digest(1)));
    assertThat(onApplied).as("a status soon after a change").contains(new SendStatus(1));
  }

  @Test
  void answersARefusalWithEveryProblemAndTheRevisionStillEnforced() {
    SyncSession session = connected(snapshot(3, Map.of("a", "{}")));

    session.on(new UpdateReceived(1, full(1, 4, resource("a"))));
    List<SyncAction> actions = session.on(new ApplyFinished(refused("no memory")));

    SendNack nack = only(actions, SendNack.class);
    assertThat(nack.activeVersion()).isEqualTo(3);
    assertThat(nack.problems()).hasSize(1);
    assertThat(nack.problems().get(0).errno()).isEqualTo("ENOMEM");
  }

  @Test
  void acknowledgesAtOnceASetThatItHoldsAlready() {
    SyncSession session = connected(snapshot(3, Map.of("a", "{}")));
    var again = new PolicyUpdate(9, 4, digest(3), true, 0, List.of(resource("a")), List.of());

    List<SyncAction> actions = session.on(new UpdateReceived(1, again));

    assertThat(actions).noneMatch(Apply.class::isInstance);
    assertThat(only(actions, Remember.class).snapshot().revision()).isEqualTo(4);
    assertThat(only(actions, SendAck.class).version()).isEqualTo(4);
  }

  @Test
  void appliesADeltaToWhatItHolds() {
    SyncSession session = connected(snapshot(3, Map.of("a", "{}", "b", "{}")));

    List<SyncAction> actions =
        session.on(new UpdateReceived(1, delta(1, 4, 3, List.of(resource("c")), List.of("a"))));

    assertThat(only(actions, Apply.class).desired().documents().keySet()).containsExactly("b", "c");
  }

  @Test
  void asksForTheWholeSetWhenADeltaHasAnotherBase() {
    SyncSession session = connected(snapshot(3, Map.of("a", "{}")));

    List<SyncAction> actions =
        session.on(new UpdateReceived(1, delta(1, 9, 8, List.of(), List.of())));
    List<SyncAction> reconnect = session.on(new ConnectDue());

    assertThat(actions).anyMatch(Close.class::isInstance).anyMatch(ConnectAfter.class::isInstance);
    assertThat(actions).noneMatch(SendNack.class::isInstance);
    assertThat(only(reconnect, Open.class).holds()).isEqualTo(PolicySnapshot.NONE);
  }

  @Test
  void refusesDuplicateNamesWithoutTryingThem() {
    SyncSession session = connected(PolicySnapshot.NONE);

    List<SyncAction> actions =
        session.on(new UpdateReceived(1, full(1, 1, resource("a"), resource("a"))));

    assertThat(actions).noneMatch(Apply.class::isInstance);
    assertThat(only(actions, SendNack.class).problems().get(0).code())
        .isEqualTo("update.duplicate");
  }

  @Test
  void takesASecondUpdateBeforeTheAnswerForABrokenServer() {
    SyncSession session = connected(PolicySnapshot.NONE);

    session.on(new UpdateReceived(1, full(1, 1, resource("a"))));
    List<SyncAction> actions = session.on(new UpdateReceived(1, full(2, 2, resource("b"))));

    assertThat(only(actions, Close.class).reason()).contains("one at a time");
  }

  @Test
  void answersNobodyWhenTheStreamBrokeWhileApplyingAndTakesTheNextUpdateAfterwards() {
    SyncSession session = connected(PolicySnapshot.NONE);
    List<SyncAction> first = session.on(new UpdateReceived(1, full(1, 1, resource("a"))));
    session.on(new StreamEnded(1, Cause.UNREACHABLE, "gone"));
    session.on(new ConnectDue());

    List<SyncAction> whileApplying = session.on(new UpdateReceived(2, full(1, 2, resource("b"))));
    List<SyncAction> afterwards =
        session.on(new ApplyFinished(applied(only(first, Apply.class).desired())));

    assertThat(whileApplying).as("never two sets at a time").noneMatch(Apply.class::isInstance);
    assertThat(afterwards).noneMatch(SendAck.class::isInstance);
    assertThat(only(afterwards, Apply.class).desired().revision()).isEqualTo(2);
  }

  @Test
  void ignoresWhatAnEarlierStreamStillSays() {
    SyncSession session = connected(PolicySnapshot.NONE);
    session.on(new StreamEnded(1, Cause.UNREACHABLE, "gone"));
    session.on(new ConnectDue());

    assertThat(session.on(new UpdateReceived(1, full(1, 1, resource("a"))))).isEmpty();
    assertThat(session.on(new StreamEnded(1, Cause.ENDED, "late"))).isEmpty();
  }

  @Test
  void learnsFromAHeartbeatThatAnUnchangedSetHasANewerVersion() {
    SyncSession session = connected(snapshot(3, Map.of("a", "{}")));

    List<SyncAction> actions = session.on(new HeartbeatReceived(1, 5, digest(3)));

    assertThat(only(actions, Remember.class).snapshot().revision()).isEqualTo(5);
    assertThat(session.desiredRevision()).isEqualTo(5);
  }

  @Test
  void doesNotTakeTheVersionOfARefusedSetForItsOwn() {
    SyncSession session = connected(snapshot(3, Map.of("a", "{}")));
    session.on(new UpdateReceived(1, full(1, 4, resource("a"))));
    session.on(new ApplyFinished(refused("no memory")));

    assertThat(session.on(new HeartbeatReceived(1, 4, ""))).noneMatch(Remember.class::isInstance);
    assertThat(session.on(new HeartbeatReceived(1, 4, digest(4))))
        .noneMatch(Remember.class::isInstance);
    assertThat(session.desiredRevision()).isEqualTo(4);
  }

  @Test
  void takesSilenceForADeadConnection() {
    SyncSession session = connected(PolicySnapshot.NONE);

    clock.pass(SyncSession.SILENCE.plus(MOMENT));
    List<SyncAction> actions = session.on(new Beat());

    assertThat(only(actions, Close.class).reason()).contains("heartbeat");
    assertThat(session.state().connected()).isFalse();
  }

  @Test
  void reportsOnEveryBeatWhileTheServerIsHeard() {
    SyncSession session = session(PolicySnapshot.NONE);
    session.on(new ConnectDue());

    assertThat(session.on(new Beat())).as("nobody answered yet").isEmpty();
    session.on(new HeartbeatReceived(1, 0, ""));
    assertThat(session.on(new Beat())).containsExactly(new SendStatus(1));
  }

  @Test
  void comesBackNoSoonerThanItWasAskedTo() {
    SyncSession session = connected(PolicySnapshot.NONE);

    List<SyncAction> actions =
        session.on(new GoAwayReceived(1, Duration.ofSeconds(3), "rebalance"));

    assertThat(only(actions, ConnectAfter.class).pause())
        .isBetween(Duration.ofSeconds(3), Duration.ofSeconds(6));
  }

  @Test
  void waitsLongerAfterEachFailureUpToALimit() {
    SyncSession session = session(PolicySnapshot.NONE);
    Duration longest = Duration.ZERO;
    for (int failure = 1; failure <= 40; failure++) {
      session.on(new ConnectDue());
      Duration pause =
          only(
                  session.on(new StreamEnded(failure, Cause.UNREACHABLE, "refused")),
                  ConnectAfter.class)
              .pause();
      Duration bound = Duration.ofSeconds(Math.min(30, 1L << Math.min(failure - 1, 10)));
      assertThat(pause).isLessThanOrEqualTo(bound);
      longest = pause.compareTo(longest) > 0 ? pause : longest;
    }
    assertThat(longest).isGreaterThan(Duration.ofSeconds(10));
  }

  @Test
  void startsTheCountOverOnlyAfterAStreamThatLasted() {
    SyncSession session = session(PolicySnapshot.NONE);
    for (int stream = 1; stream <= 6; stream++) {
      session.on(new ConnectDue());
      session.on(new HeartbeatReceived(stream, 0, ""));
      session.on(new StreamEnded(stream, Cause.ENDED, "bye"));
    }
    assertThat(session.state()).isEqualTo(new SyncState.Offline(6));

    session.on(new ConnectDue());
    session.on(new HeartbeatReceived(7, 0, ""));
    clock.pass(SyncSession.LASTING);
    session.on(new StreamEnded(7, Cause.ENDED, "bye"));
    assertThat(session.state()).isEqualTo(new SyncState.Offline(1));
  }

  @Test
  void saysOnceThatTheControlPlaneIsGone() {
    SyncSession session = session(PolicySnapshot.NONE);
    int lines = 0;
    for (int stream = 1; stream <= 5; stream++) {
      session.on(new ConnectDue());
      lines +=
          session.on(new StreamEnded(stream, Cause.UNREACHABLE, "refused")).stream()
              .filter(SyncAction.Log.class::isInstance)
              .toList()
              .size();
    }
    assertThat(lines).isEqualTo(1);
  }

  @Test
  void joinsAgainWhenItsCredentialIsRefused() {
    SyncSession session = session(PolicySnapshot.NONE);
    session.on(new ConnectDue());
    session.on(new StreamEnded(1, Cause.REFUSED, "unknown node"));

    assertThat(only(session.on(new ConnectDue()), Open.class).joinAgain()).isTrue();
    session.on(new StreamEnded(2, Cause.UNREACHABLE, "cannot join"));
    assertThat(only(session.on(new ConnectDue()), Open.class).joinAgain())
        .as("the credential gets its turn again")
        .isFalse();
  }

  @Test
  void doesNothingAfterItWasStopped() {
    SyncSession session = connected(PolicySnapshot.NONE);

    assertThat(session.on(new StopRequested())).anyMatch(Close.class::isInstance);
    assertThat(session.on(new ConnectDue())).isEmpty();
    assertThat(session.on(new Beat())).isEmpty();
  }

  private SyncSession session(PolicySnapshot held) {
    return new SyncSession(held, Backoff.DEFAULT, clock, new Random(4711));
  }

  private SyncSession connected(PolicySnapshot held) {
    SyncSession session = session(held);
    session.on(new ConnectDue());
    session.on(new HeartbeatReceived(1, held.revision(), held.digest()));
    return session;
  }

  private static <T extends SyncAction> T only(List<SyncAction> actions, Class<T> type) {
    List<T> found = actions.stream().filter(type::isInstance).map(type::cast).toList();
    assertThat(found).as("exactly one %s in %s", type.getSimpleName(), actions).hasSize(1);
    return found.get(0);
  }
}
