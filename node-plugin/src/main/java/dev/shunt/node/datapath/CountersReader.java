package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.MapEntries;
import dev.shunt.node.datapath.DatapathStatus.Counters;
import dev.shunt.node.datapath.DatapathStatus.PolicyCounters;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Reads {@code struct shunt_counters}. */
final class CountersReader {
  private static final int FALLBACKS = Abi.VERDICTS * Long.BYTES;
  private static final int REDIRECTED_BYTES = 2 * Abi.VERDICTS * Long.BYTES;
  private static final int REDIRECTED_MESSAGES = REDIRECTED_BYTES + 8;
  private static final int RETURNS = REDIRECTED_BYTES + 16;
  private static final int LIVE = REDIRECTED_BYTES + 24;
  private static final int ACCELERATED_LIVE = REDIRECTED_BYTES + 32;

  private final MapEntries rows;

  /** One reading of every row, so that the totals and the policies of a report agree. */
  CountersReader(BpfMap counters) {
    this.rows = counters.readAll();
  }

  /**
   * Sums over every row, also those of deleted policies, so that totals never fall when a policy
   * goes.
   */
  Counters totals() {
    long[] sum = new long[Abi.COUNTERS_SIZE / Long.BYTES];
    for (int row = 0; row < rows.count(); row++) {
      ByteBuffer bytes = Abi.wrap(rows.value(row));
      for (int i = 0; i < sum.length; i++) {
        sum[i] += bytes.getLong();
      }
    }
    ByteBuffer bytes = Abi.bytes(Abi.COUNTERS_SIZE);
    for (long value : sum) {
      bytes.putLong(value);
    }
    return counters(bytes);
  }

  List<PolicyCounters> of(List<SlotLabels.Label> policies) {
    return policies.stream()
        .map(
            label ->
                new PolicyCounters(label.policy(), counters(Abi.wrap(rows.value(label.row())))))
        .sorted(Comparator.comparing(PolicyCounters::policy))
        .toList();
  }

  private static Counters counters(ByteBuffer row) {
    return new Counters(
        at(row, LIVE),
        at(row, Abi.VERDICT_ACCELERATED * Long.BYTES),
        at(row, ACCELERATED_LIVE),
        at(row, REDIRECTED_BYTES),
        at(row, REDIRECTED_MESSAGES),
        at(row, RETURNS),
        reasons(row, 0),
        reasons(row, FALLBACKS));
  }

  private static Map<Reason, Long> reasons(ByteBuffer row, int offset) {
    Map<Reason, Long> reasons = new EnumMap<>(Reason.class);
    for (Reason reason : Reason.values()) {
      reasons.put(reason, at(row, offset + reason.verdict() * Long.BYTES));
    }
    return reasons;
  }

  /** A connection that outlived a row's change of hands may take more from it than it gave. */
  private static long at(ByteBuffer row, int offset) {
    return Math.max(0, row.getLong(offset));
  }
}
