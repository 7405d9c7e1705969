package dev.shunt.policy.observe;

import dev.shunt.policy.Enrolment;
import dev.shunt.policy.observe.GainTable.Cell;
import dev.shunt.policy.observe.GainTable.Cpus;
import dev.shunt.policy.observe.GainTable.Kind;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Speed relative to plain TCP that the benchmarks promise for what was carried, weighted by
 * messages.
 *
 * @param ratio of the measured share
 * @param measured share of the messages that the table has a figure for, 0 to 1
 * @param typical the cell with the most messages
 * @param typicalShare its share of all messages
 * @param typicalRatio null when nobody measured it
 */
public record ExpectedGain(
    double ratio,
    double measured,
    Cell typical,
    double typicalShare,
    @Nullable Double typicalRatio) {

  /** A connection with no more messages than this is over before joining it could pay. */
  private static final int FEW_MESSAGES = 4;

  /** Null when nothing was carried. */
  public static @Nullable ExpectedGain of(
      Traffic traffic, long connections, Enrolment enrolment, GainTable table) {
    Map<Cell, Double> weights = weights(traffic, connections, enrolment);
    double all = weights.values().stream().mapToDouble(Double::doubleValue).sum();
    if (all <= 0) {
      return null;
    }
    Map.Entry<Cell, Double> typical = weights.entrySet().iterator().next();
    double known = 0;
    double time = 0;
    for (Map.Entry<Cell, Double> weight : weights.entrySet()) {
      if (weight.getValue() > typical.getValue()) {
        typical = weight;
      }
      Double ratio = table.ratio(weight.getKey());
      if (ratio != null) {
        known += weight.getValue();
        // Times add up, speeds do not.
        time += weight.getValue() / ratio;
      }
    }
    return new ExpectedGain(
        time > 0 ? known / time : 1,
        known / all,
        typical.getKey(),
        typical.getValue() / all,
        table.ratio(typical.getKey()));
  }

  private static Map<Cell, Double> weights(Traffic traffic, long connections, Enrolment enrolment) {
    Map<Cell, Double> weights = new LinkedHashMap<>();
    // Settled lets such connections be; Handshake pays for each of them.
    boolean isShort =
        enrolment == Enrolment.HANDSHAKE && traffic.messages() <= FEW_MESSAGES * connections;
    double same =
        traffic.receives() == 0 ? 0 : (double) traffic.sameCpu() / (double) traffic.receives();
    for (SizeClass size : SizeClass.values()) {
      if (isShort) {
        double messages =
            traffic.replies().get(size.ordinal()) + traffic.streamed().get(size.ordinal());
        weights.merge(new Cell(Kind.CONNECT, SizeClass.TINY, Cpus.TWO), messages, Double::sum);
        continue;
      }
      add(weights, Kind.REPLY, size, traffic.replies(), same);
      add(weights, Kind.STREAM, size, traffic.streamed(), same);
    }
    weights.values().removeIf(weight -> weight <= 0);
    return weights;
  }

  private static void add(
      Map<Cell, Double> weights, Kind kind, SizeClass size, List<Long> messages, double same) {
    double count = messages.get(size.ordinal());
    weights.put(new Cell(kind, size, Cpus.SAME), count * same);
    weights.put(new Cell(kind, size, Cpus.TWO), count * (1 - same));
  }
}
