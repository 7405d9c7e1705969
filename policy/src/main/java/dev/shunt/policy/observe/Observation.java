package dev.shunt.policy.observe;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What was seen of one policy's connections while its mode was Observe, since it was first carried.
 *
 * @param open of these connections, open now
 * @param missed connections that were not looked at because too many were open at a time
 * @param outcomes connections by what would have become of them under Enforce: {@value
 *     #ACCELERATED}, {@value #UNDECIDED}, or the datapath's word for the reason
 * @param durations closed connections that lived below 10 ms, 100 ms, 1 s, 10 s, and longer
 * @param accelerable what those that would have been accelerated carried, both ends
 * @param other what the rest carried
 * @param blockers most sockets first
 */
public record Observation(
    long open,
    long missed,
    Map<String, Long> outcomes,
    List<Long> durations,
    Traffic accelerable,
    Traffic other,
    List<Blocker> blockers) {

  public static final String ACCELERATED = "accelerated";

  /** Its program neither sent nor received yet. */
  public static final String UNDECIDED = "undecided";

  /** Classes of {@link #durations}, in words. */
  public static final List<String> DURATIONS =
      List.of("below 10 ms", "below 100 ms", "below 1 s", "below 10 s", "10 s and longer");

  public static final Observation NONE =
      new Observation(
          0, 0, Map.of(), List.of(0L, 0L, 0L, 0L, 0L), Traffic.NONE, Traffic.NONE, List.of());

  public Observation {
    Map<String, Long> counted = new TreeMap<>(outcomes);
    counted.values().removeIf(count -> count <= 0);
    outcomes = java.util.Collections.unmodifiableMap(counted);
    durations = List.copyOf(durations);
    if (durations.size() != DURATIONS.size()) {
      throw new IllegalArgumentException(
          "expected %d classes of duration, found %d"
              .formatted(DURATIONS.size(), durations.size()));
    }
    blockers =
        blockers.stream()
            .sorted(
                Comparator.comparingLong(Blocker::sockets)
                    .reversed()
                    .thenComparing(Blocker::cgroup))
            .toList();
  }

  public long connections() {
    return outcomes.values().stream().mapToLong(Long::longValue).sum();
  }

  public long wouldBeAccelerated() {
    return outcomes.getOrDefault(ACCELERATED, 0L);
  }

  /** The same policy, seen on two nodes, or among closed and among open connections. */
  public Observation plus(Observation other) {
    Map<String, Long> sum = new TreeMap<>(outcomes);
    other.outcomes.forEach((word, count) -> sum.merge(word, count, Long::sum));
    Map<String, Blocker> owners = new LinkedHashMap<>();
    blockers.forEach(blocker -> owners.merge(blocker.cgroup(), blocker, Blocker::plus));
    other.blockers.forEach(blocker -> owners.merge(blocker.cgroup(), blocker, Blocker::plus));
    return new Observation(
        open + other.open,
        missed + other.missed,
        sum,
        IntStream.range(0, durations.size())
            .mapToObj(i -> durations.get(i) + other.durations.get(i))
            .toList(),
        accelerable.plus(other.accelerable),
        this.other.plus(other.other),
        new ArrayList<>(owners.values()));
  }

  public static Observation sum(Collection<Observation> observations) {
    return observations.stream().reduce(NONE, Observation::plus);
  }
}
