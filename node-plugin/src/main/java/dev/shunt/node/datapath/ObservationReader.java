package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.MapEntries;
import dev.shunt.policy.observe.Blocker;
import dev.shunt.policy.observe.Observation;
import dev.shunt.policy.observe.Traffic;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Puts what was observed together, by policy: sums of what closed, and what is open. */
final class ObservationReader {
  private final Map<Integer, String> policies;
  private final CgroupPaths cgroups;
  private final Duration settle;
  private final Map<Long, SocketObservation> sockets = new HashMap<>();
  private final MapEntries sums;
  private final MapEntries blockers;

  ObservationReader(
      BpfMap observations,
      BpfMap observed,
      BpfMap blockers,
      Map<Integer, String> policies,
      CgroupPaths cgroups,
      Duration settle) {
    this.policies = policies;
    this.cgroups = cgroups;
    this.settle = settle;
    this.sums = observed.readAll();
    this.blockers = blockers.readAll();
    MapEntries open = observations.readAll();
    for (int i = 0; i < open.count(); i++) {
      sockets.put(Abi.wrap(open.key(i)).getLong(), SocketObservation.read(open.value(i)));
    }
  }

  /** By policy; a policy of which nothing was seen is missing. */
  Map<String, Observation> byPolicy(long nowNanos) {
    Map<String, Observation> found = new TreeMap<>();
    for (int i = 0; i < sums.count(); i++) {
      add(found, Abi.wrap(sums.key(i)).getInt(), sum(Abi.wrap(sums.value(i))));
    }
    for (int i = 0; i < blockers.count(); i++) {
      ByteBuffer key = Abi.wrap(blockers.key(i));
      String cgroup = cgroup(key.getLong());
      add(found, key.getInt(), with(blocker(cgroup, Abi.wrap(blockers.value(i)))));
    }
    addOpen(found, nowNanos);
    return found;
  }

  /** What would become of the open connection that this socket is an end of; null if unobserved. */
  @Nullable String outcome(long cookie, long nowNanos) {
    SocketObservation end = sockets.get(cookie);
    return end == null ? null : Outcome.of(end, sockets.get(end.peerCookie()), nowNanos, settle);
  }

  private void addOpen(Map<String, Observation> found, long nowNanos) {
    Set<Long> counted = new HashSet<>();
    sockets.forEach(
        (cookie, end) -> {
          SocketObservation peer = sockets.get(end.peerCookie());
          if (peer != null && !counted.add(Math.min(cookie, end.peerCookie()))) {
            return;
          }
          String outcome = Outcome.of(end, peer, nowNanos, settle);
          Set<Integer> rows = new HashSet<>();
          for (SocketObservation each : peer == null ? List.of(end) : List.of(end, peer)) {
            if (each.has(SocketObservation.OBSERVED) && rows.add(each.row())) {
              add(found, each.row(), open(end, peer, outcome));
            }
          }
        });
  }

  private Observation open(
      SocketObservation end, @Nullable SocketObservation peer, String outcome) {
    Traffic traffic = end.traffic();
    List<Blocker> owners = new ArrayList<>(blockers(end));
    if (peer != null) {
      traffic = traffic.plus(peer.traffic());
      owners.addAll(blockers(peer));
    }
    boolean accelerable = outcome.equals(Observation.ACCELERATED);
    Observation one =
        new Observation(
            1,
            0,
            Map.of(outcome, 1L),
            Observation.NONE.durations(),
            accelerable ? traffic : Traffic.NONE,
            accelerable ? Traffic.NONE : traffic,
            List.of());
    for (Blocker owner : owners) {
      one = one.plus(with(owner));
    }
    return one;
  }

  private List<Blocker> blockers(SocketObservation end) {
    return end.has(SocketObservation.BLOCKING)
        ? List.of(
            new Blocker(
                cgroup(end.cgroup()),
                1,
                end.has(SocketObservation.HALF_CLOSE) ? 1 : 0,
                end.has(SocketObservation.WAIT_ALL) ? 1 : 0,
                end.has(SocketObservation.SIGNAL) ? 1 : 0))
        : List.of();
  }

  private void add(Map<String, Observation> found, int row, Observation seen) {
    String policy = policies.get(row);
    if (policy != null) {
      found.merge(policy, seen, Observation::plus);
    }
  }

  private String cgroup(long id) {
    String path = cgroups.path(id);
    return path == null ? "a cgroup that is gone (id " + id + ")" : path;
  }

  private static Observation with(Blocker blocker) {
    Observation none = Observation.NONE;
    return new Observation(
        0, 0, Map.of(), none.durations(), Traffic.NONE, Traffic.NONE, List.of(blocker));
  }

  private static Blocker blocker(String cgroup, ByteBuffer value) {
    return new Blocker(cgroup, value.getLong(), value.getLong(), value.getLong(), value.getLong());
  }

  private static Observation sum(ByteBuffer value) {
    Map<String, Long> outcomes = new TreeMap<>();
    List<Long> verdicts = SocketObservation.longs(value, Abi.VERDICTS);
    for (int verdict = 0; verdict < verdicts.size(); verdict++) {
      outcomes.put(word(verdict), verdicts.get(verdict));
    }
    List<Long> durations = SocketObservation.longs(value, Abi.DURATIONS);
    long missed = value.getLong();
    return new Observation(
        0,
        missed,
        outcomes,
        durations,
        SocketObservation.traffic(value),
        SocketObservation.traffic(value),
        Collections.emptyList());
  }

  /** The word for a number of {@code enum shunt_verdict}. */
  static String word(int verdict) {
    if (verdict == Abi.VERDICT_ACCELERATED) {
      return Observation.ACCELERATED;
    }
    Reason reason = Reason.ofVerdict(verdict);
    return reason == null
        ? verdict == 0 ? Observation.UNDECIDED : "reason_" + verdict
        : reason.wireName();
  }
}
