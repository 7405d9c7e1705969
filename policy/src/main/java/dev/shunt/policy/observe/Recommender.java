package dev.shunt.policy.observe;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Action;
import dev.shunt.policy.BlockingSockets;
import dev.shunt.policy.Mode;
import dev.shunt.policy.observe.Recommendation.Answer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Turns what was seen into advice. Says nothing that it has no number for. */
public final class Recommender {

  /**
   * Below this a gain is not worth a change: it is within what two runs of a benchmark differ by.
   */
  private static final double WORTH_IT = 1.05;

  private static final double ENOUGH_MEASURED = 0.5;
  private static final int MOST_REASONS = 3;
  private static final int MOST_BLOCKERS = 3;

  private final GainTable table;
  private final Function<String, String> sentenceOfReason;

  /**
   * @param sentenceOfReason what a word of the datapath's closed set of reasons means
   */
  public Recommender(GainTable table, Function<String, String> sentenceOfReason) {
    this.table = table;
    this.sentenceOfReason = sentenceOfReason;
  }

  public Recommendation recommend(AccelerationPolicy policy, Observation seen) {
    if (policy.spec().action() == Action.BYPASS) {
      return unknown(
          "the policy says action: Bypass, which keeps its connections on TCP by decision");
    }
    if (policy.spec().mode() != Mode.OBSERVE) {
      return unknown(
          "the policy enforces already; only under mode: Observe is seen what its connections carry");
    }
    if (seen.connections() == 0) {
      return unknown(
          seen.missed() == 0
              ? "no connection of this policy was seen yet"
              : "all of its %s connections were missed: more were open at a time than are observed"
                  .formatted(count(seen.missed())));
    }
    List<String> notes = notes(policy, seen);
    if (seen.wouldBeAccelerated() == 0) {
      return new Recommendation(
          onlyUndecided(seen) ? Answer.UNKNOWN : Answer.NO,
          "none of the %s seen could have been accelerated: %s"
              .formatted(connections(seen.connections()), reasons(seen)),
          null,
          notes);
    }
    ExpectedGain gain =
        ExpectedGain.of(
            seen.accelerable(), seen.wouldBeAccelerated(), policy.spec().enrolment(), table);
    if (gain == null) {
      return new Recommendation(
          Answer.UNKNOWN,
          "%s could be accelerated, but they carried nothing yet"
              .formatted(connections(seen.wouldBeAccelerated())),
          null,
          notes);
    }
    return judged(seen, gain, notes);
  }

  private static Recommendation judged(Observation seen, ExpectedGain gain, List<String> notes) {
    String share =
        "%s of the %s seen could have been accelerated"
            .formatted(count(seen.wouldBeAccelerated()), connections(seen.connections()));
    if (gain.measured() < ENOUGH_MEASURED) {
      return new Recommendation(
          Answer.UNKNOWN,
          "%s, but the benchmarks have no figure for %s of their messages, most of which are %s"
              .formatted(share, percent(1 - gain.measured()), gain.typical().text()),
          gain,
          notes);
    }
    boolean worth = gain.ratio() >= WORTH_IT;
    return new Recommendation(
        worth ? Answer.YES : Answer.NO,
        "%s, and the benchmarks promise %s the speed of plain TCP for what they carried (%s %s)"
            .formatted(
                share, times(gain.ratio()), percent(gain.typicalShare()), gain.typical().text()),
        gain,
        notes);
  }

  private List<String> notes(AccelerationPolicy policy, Observation seen) {
    List<String> notes = new ArrayList<>();
    if (seen.wouldBeAccelerated() > 0 && seen.wouldBeAccelerated() < seen.connections()) {
      notes.add("The rest would have stayed on TCP: " + reasons(seen) + ".");
    }
    seen.blockers().stream().limit(MOST_BLOCKERS).map(Recommender::blocker).forEach(notes::add);
    if (seen.blockers().size() > MOST_BLOCKERS) {
      notes.add(
          "Blocking sockets were seen in %d more cgroups."
              .formatted(seen.blockers().size() - MOST_BLOCKERS));
    }
    if (seen.outcomes().containsKey("blocking_socket")
        && policy.spec().blockingSockets() == BlockingSockets.EXCLUDE) {
      notes.add(
          seen.blockers().stream().anyMatch(Blocker::sawTrouble)
              ? "blockingSockets: Accept would let such programs see the difference."
              : "blockingSockets: Accept would accelerate them too; nothing was seen that a blocking reader would notice.");
    }
    if (seen.missed() > 0) {
      notes.add(
          "%s more were not looked at: too many were open at a time."
              .formatted(connections(seen.missed())));
    }
    return notes;
  }

  private static String blocker(Blocker blocker) {
    List<String> deeds = new ArrayList<>();
    addDeed(deeds, blocker.halfCloses(), "half-closed");
    addDeed(deeds, blocker.waitAlls(), "received with MSG_WAITALL");
    addDeed(deeds, blocker.signals(), "were interrupted by a signal");
    return "%s with blocking calls in %s%s."
        .formatted(
            plural(blocker.sockets(), "socket"),
            blocker.cgroup(),
            deeds.isEmpty() ? "" : ", of which " + String.join(", ", deeds));
  }

  private static void addDeed(List<String> deeds, long sockets, String deed) {
    if (sockets > 0) {
      deeds.add(count(sockets) + " " + deed);
    }
  }

  private static boolean onlyUndecided(Observation seen) {
    return seen.outcomes().keySet().equals(java.util.Set.of(Observation.UNDECIDED));
  }

  private String reasons(Observation seen) {
    return seen.outcomes().entrySet().stream()
        .filter(outcome -> !outcome.getKey().equals(Observation.ACCELERATED))
        .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
        .limit(MOST_REASONS)
        .map(outcome -> count(outcome.getValue()) + " because " + meaning(outcome.getKey()))
        .collect(Collectors.joining("; "));
  }

  private String meaning(String word) {
    return word.equals(Observation.UNDECIDED)
        ? "nothing was sent or received yet"
        : sentenceOfReason.apply(word);
  }

  private static Recommendation unknown(String because) {
    return new Recommendation(Answer.UNKNOWN, because, null, List.of());
  }

  private static String connections(long number) {
    return plural(number, "connection");
  }

  private static String plural(long number, String noun) {
    return count(number) + " " + noun + (number == 1 ? "" : "s");
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.0f %%", share * 100);
  }

  private static String times(double ratio) {
    return String.format(Locale.ROOT, "%.2f×", ratio);
  }
}
