package dev.shunt.node.datapath;

import java.util.Locale;

/**
 * The steps of making a policy set live, in order. Up to and including {@link #FLIP} a crash or an
 * error leaves the live generation as it was; after it the new one is live and whole.
 */
enum ApplyStep {
  ASSIGN_ROWS,
  /** What the idle slot holds from two generations ago, or from an attempt that failed. */
  READ_IDLE_SLOT,
  /** No program holds anything of the idle slot. */
  WAIT_FOR_READERS,
  /** Every table: what differs is written in place, or all of it into a new map. */
  FILL_PORTS,
  FILL_CLASSES,
  FILL_POLICIES,
  FILL_CLIENTS4,
  FILL_CLIENTS6,
  FILL_SERVERS4,
  FILL_SERVERS6,
  FILL_NAMES,
  FILL_EDGES,
  FILL_CGROUPS,
  /** The idle slot gets its new maps, all at once. */
  PUT_TABLES,
  WRITE_LABELS,
  WRITE_SLOT,
  /** The idle slot, as the programs will see it, is what was meant. */
  VERIFY,
  /** One 8-byte write. */
  FLIP;

  static ApplyStep fill(Table table) {
    return valueOf("FILL_" + table.name());
  }

  /** Name in errors, logs and metrics, for example {@code apply.fill_ports}. */
  String code() {
    return "apply." + name().toLowerCase(Locale.ROOT);
  }

  /** Told before each step; a test may throw to simulate a crash there. */
  interface Listener {
    void before(ApplyStep step);
  }
}
