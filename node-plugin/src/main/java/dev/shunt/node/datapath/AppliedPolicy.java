package dev.shunt.node.datapath;

import java.time.Duration;
import java.util.Map;

/**
 * A policy set that is live: its maps were written, read back, and the flip was made.
 *
 * @param generation generation number the programs now read
 * @param digest digest of the policy set, lower-case hex
 * @param entriesWritten entries of tables that were written or taken out, because the slot, which
 *     was live two generations ago, held something else
 * @param took from the first step to the flip
 * @param steps time of each step, by its name, for example {@code apply.fill_ports}
 */
public record AppliedPolicy(
    long generation,
    String digest,
    int entriesWritten,
    Duration took,
    Map<String, Duration> steps) {
  public AppliedPolicy {
    steps = Map.copyOf(steps);
  }
}
