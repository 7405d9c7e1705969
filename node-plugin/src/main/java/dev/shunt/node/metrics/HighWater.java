package dev.shunt.node.metrics;

import java.util.HashMap;
import java.util.Map;

/**
 * Turns numbers that may sink into counters that never do. A connection whose verdict changes
 * leaves one reason and joins another; Prometheus would take the sinking one for a restart and
 * count everything again.
 *
 * <p>Confined to one thread at a time by its user.
 */
final class HighWater {

  private final Map<String, Long> highest = new HashMap<>();

  long of(String series, long value) {
    return highest.merge(series, value, Math::max);
  }
}
