package dev.shunt.node.datapath;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Why a connection is not accelerated, or why one direction of it left redirecting for TCP. A
 * closed set: the numbers are those of {@code enum shunt_verdict} in shunt_abi.h, the wire names go
 * into metrics and status reports.
 */
public enum Reason {
  REMOTE_PEER(2),
  NO_POLICY(3),
  BYPASSED_BY_POLICY(4),
  OBSERVED_ONLY(5),
  PEER_NOT_CONSENTING(6),
  FIRST_BYTE_BY_TCP(7),
  NOT_SETTLED(8),
  BLOCKING_SOCKET(9),
  RECEIVE_LOW_WATER(10),
  SPLICE_USER(11),
  ULP(12),
  MPTCP(13),
  FAST_OPEN(14),
  UNPAIRED(15),
  DUPLICATE_FINGERPRINT(16),
  MAP_FULL(17),
  BACKLOG_BYTES(18),
  BACKLOG_MESSAGES(19),
  NODE_BUDGET(20),
  SLOWER_THAN_TCP(21),
  DRAINING(22),
  KERNEL_REFUSED(23),
  SOCKET_OPTION(24),
  MAY_SPLICE(25);

  private final int verdict;
  private final String wireName = name().toLowerCase(Locale.ROOT);

  Reason(int verdict) {
    this.verdict = verdict;
  }

  /** Null for numbers that are no reason: undecided, accelerated, or of a newer program. */
  static @Nullable Reason ofVerdict(int verdict) {
    for (Reason reason : values()) {
      if (reason.verdict == verdict) {
        return reason;
      }
    }
    return null;
  }

  /** Number in {@code enum shunt_verdict}. */
  int verdict() {
    return verdict;
  }

  /** Name in metrics, status reports and the CLI, for example {@code remote_peer}. */
  public String wireName() {
    return wireName;
  }
}
