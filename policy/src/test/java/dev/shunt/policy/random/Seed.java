package dev.shunt.policy.random;

/** The seed of this run: {@code -Dshunt.seed=…} repeats one, else every run draws its own. */
public final class Seed {

  public static final long OF_THIS_RUN = Long.getLong("shunt.seed", System.nanoTime());

  private Seed() {}

  /** What to print with a failure, so that it can be repeated. */
  public static String hint() {
    return "repeat with -Dshunt.seed=" + OF_THIS_RUN;
  }
}
