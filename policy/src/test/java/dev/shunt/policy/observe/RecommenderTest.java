package dev.shunt.policy.observe;

import static dev.shunt.policy.PolicyTexts.policy;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.observe.GainTable.Cell;
import dev.shunt.policy.observe.GainTable.Cpus;
import dev.shunt.policy.observe.GainTable.Kind;
import dev.shunt.policy.observe.Recommendation.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RecommenderTest {

  private static final AccelerationPolicy OBSERVED = policy("web", "{mode: Observe}");
  private static final GainTable TABLE =
      new GainTable(
          Map.of(
              new Cell(Kind.REPLY, SizeClass.TINY, Cpus.SAME), 2.0,
              new Cell(Kind.REPLY, SizeClass.TINY, Cpus.TWO), 1.25,
              new Cell(Kind.STREAM, SizeClass.TINY, Cpus.SAME), 0.5,
              new Cell(Kind.CONNECT, SizeClass.TINY, Cpus.TWO), 0.9));

  private final Recommender recommender = new Recommender(TABLE, ReasonSentences::of);

  @Test
  void saysYesWithTheGainOfTheTableForWhatWasCarried() {
    Observation seen =
        seen(Map.of("accelerated", 9L, "remote_peer", 1L), traffic(100, 0, 50), List.of());

    Recommendation recommendation = recommender.recommend(OBSERVED, seen);

    // Half the messages twice as fast, half 1.25 times: 100 take the time of 25 + 40.
    assertThat(recommendation.sentence())
        .isEqualTo(
            "accelerate: yes, because 9 of the 10 connections seen could have been accelerated, and the benchmarks promise"
                + " 1.54× the speed of plain TCP for what they carried (50 % replies of at most 256 B on one CPU)");
    assertThat(recommendation.notes())
        .containsExactly(
            "The rest would have stayed on TCP: 1 because the other end is not on this host.");
  }

  @Test
  void saysNoWhereTcpIsFaster() {
    Recommendation recommendation =
        recommender.recommend(
            OBSERVED, seen(Map.of("accelerated", 1L), traffic(0, 100, 100), List.of()));

    assertThat(recommendation.accelerate()).isEqualTo(Answer.NO);
    assertThat(recommendation.because()).contains("0.50×").contains("messages in a row");
  }

  @Test
  void saysNoWhenNothingCouldBeAcceleratedAndWhoseSocketsBlock() {
    Observation seen =
        seen(
            Map.of("blocking_socket", 3L),
            Traffic.NONE,
            List.of(new Blocker("/app", 6, 1, 0, 2), new Blocker("/db", 1, 0, 0, 0)));

    Recommendation recommendation = recommender.recommend(OBSERVED, seen);

    assertThat(recommendation.accelerate()).isEqualTo(Answer.NO);
    assertThat(recommendation.because())
        .startsWith(
            "none of the 3 connections seen could have been accelerated: 3 because an end uses blocking calls");
    assertThat(recommendation.gain()).isNull();
    assertThat(recommendation.notes())
        .containsExactly(
            "6 sockets with blocking calls in /app, of which 1 half-closed, 2 were interrupted by a signal.",
            "1 socket with blocking calls in /db.",
            "blockingSockets: Accept would let such programs see the difference.");
  }

  @Test
  void saysUnknownWhereNothingWasSeenAndWhereNothingIsObserved() {
    assertThat(recommender.recommend(OBSERVED, Observation.NONE).sentence())
        .isEqualTo("accelerate: unknown, because no connection of this policy was seen yet");
    Observation seen = seen(Map.of("accelerated", 1L), traffic(1, 0, 0), List.of());
    assertThat(recommender.recommend(policy("web", "{}"), seen).accelerate())
        .isEqualTo(Answer.UNKNOWN);
    assertThat(recommender.recommend(policy("web", "{action: Bypass}"), seen).accelerate())
        .isEqualTo(Answer.UNKNOWN);
  }

  @Test
  void saysUnknownWhereNobodyMeasuredWhatWasCarried() {
    List<Long> large = new ArrayList<>(Collections.nCopies(6, 0L));
    large.set(SizeClass.LARGE.ordinal(), 70L);
    large.set(SizeClass.TINY.ordinal(), 30L);
    Traffic traffic = new Traffic(large, Traffic.NONE.streamed(), 0, 100, 0, 0);

    Recommendation recommendation =
        recommender.recommend(OBSERVED, seen(Map.of("accelerated", 1L), traffic, List.of()));

    assertThat(recommendation.accelerate()).isEqualTo(Answer.UNKNOWN);
    assertThat(recommendation.because())
        .contains("no figure for 70 % of their messages")
        .contains("at most 128 KiB");
  }

  @Test
  void shortConnectionsUnderHandshakeAreJudgedAsWholeConnections() {
    AccelerationPolicy handshake = policy("web", "{mode: Observe, enrolment: Handshake}");
    Observation seen = seen(Map.of("accelerated", 50L), traffic(100, 0, 0), List.of());

    assertThat(recommender.recommend(handshake, seen).because()).contains("0.90×");
    assertThat(recommender.recommend(OBSERVED, seen).because()).contains("1.25×");
  }

  @Test
  void theTableThatShipsIsReadWhole() throws IOException {
    long lines;
    try (Stream<String> table =
        Files.lines(Path.of("src/main/resources/dev/shunt/policy/observe/gains.csv"))) {
      lines = table.filter(line -> !line.startsWith("#")).skip(1).count();
    }
    assertThat(GainTable.measured().cells()).isPositive().isEqualTo((int) lines);
    assertThat(GainTable.measured().ratio(new Cell(Kind.STREAM, SizeClass.SMALL, Cpus.SAME)))
        .isLessThan(1);
    assertThat(GainTable.measured().ratio(new Cell(Kind.REPLY, SizeClass.PAGE, Cpus.SAME)))
        .as("nobody measured it")
        .isNull();
  }

  /** TINY messages only. */
  private static Traffic traffic(long replies, long streamed, long sameCpuOf100Receives) {
    List<Long> none = Collections.nCopies(5, 0L);
    List<Long> answered = new ArrayList<>(List.of(replies));
    answered.addAll(none);
    List<Long> inARow = new ArrayList<>(List.of(streamed));
    inARow.addAll(none);
    return new Traffic(answered, inARow, 0, 100, 0, sameCpuOf100Receives);
  }

  private static Observation seen(
      Map<String, Long> outcomes, Traffic accelerable, List<Blocker> blockers) {
    return new Observation(
        0, 0, outcomes, Observation.NONE.durations(), accelerable, Traffic.NONE, blockers);
  }
}
