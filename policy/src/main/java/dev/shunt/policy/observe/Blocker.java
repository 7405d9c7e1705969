package dev.shunt.policy.observe;

/**
 * Sockets with blocking calls, by their cgroup, and what they were seen doing that a blocking
 * reader would notice if it were accelerated.
 *
 * @param cgroup path, or what is known of it when it is gone
 * @param halfCloses sockets that shut down sending and went on
 * @param waitAlls sockets that received with MSG_WAITALL
 * @param signals sockets whose recv a signal ended
 */
public record Blocker(String cgroup, long sockets, long halfCloses, long waitAlls, long signals) {

  public Blocker plus(Blocker other) {
    return new Blocker(
        cgroup,
        sockets + other.sockets,
        halfCloses + other.halfCloses,
        waitAlls + other.waitAlls,
        signals + other.signals);
  }

  /** Whether any of them did something that a blocking reader would notice. */
  public boolean sawTrouble() {
    return halfCloses + waitAlls + signals > 0;
  }
}
