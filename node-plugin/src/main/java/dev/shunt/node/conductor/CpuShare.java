package dev.shunt.node.conductor;

import java.time.Duration;

/**
 * How much of one CPU may be spent on average. What is spent is owed, and debts add up: nobody may
 * begin anything until the average is back at the share. Plain arithmetic on monotonic nanoseconds;
 * thread-safe, for threads that share one share.
 */
public final class CpuShare {
  /**
   * CPU time that may be saved up while nothing happens, so that a few connections are enrolled at
   * once. In any period, no more than the share of it is spent, and this or what was begun last.
   */
  static final Duration CREDIT = Duration.ofMillis(100);

  private final double share;
  private boolean spentAnything;
  private long paidAt;

  /**
   * @param share of one CPU, above 0 and at most 1
   */
  public CpuShare(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("share must be above 0 and at most 1, found " + share);
    }
    this.share = share;
  }

  /** CPU time was spent. */
  synchronized void spent(Duration cpu, long now) {
    long mostCredit = now - timeFor(CREDIT);
    boolean muchUnused = !spentAnything || paidAt - mostCredit < 0;
    paidAt = (muchUnused ? mostCredit : paidAt) + timeFor(cpu);
    spentAnything = true;
  }

  /** Whether nothing is owed, so that something may begin. */
  boolean allows(long now) {
    return nanosUntilPaid(now) <= 0;
  }

  /** How long nothing may begin; not above zero when something may. */
  synchronized long nanosUntilPaid(long now) {
    return spentAnything ? paidAt - now : 0;
  }

  private long timeFor(Duration cpu) {
    return (long) (cpu.toNanos() / share);
  }
}
