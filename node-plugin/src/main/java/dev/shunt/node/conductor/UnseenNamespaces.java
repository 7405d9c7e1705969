package dev.shunt.node.conductor;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Namespaces in which connections wait and that have no file here. One that has ended looks the
 * same, but nobody comes to wait there again; so only one that is missed repeatedly, and lately, is
 * a problem. Thread-safe.
 */
final class UnseenNamespaces {
  private static final int REPEATEDLY = 3;
  private static final Duration LATELY = Duration.ofMinutes(1);

  private final Map<Long, Missed> missed = new HashMap<>();

  private record Missed(int times, long last) {}

  /** Connections wait in a namespace that is not to be found. */
  synchronized void missed(long inode, long now) {
    forgetOld(now);
    Missed before = missed.get(inode);
    missed.put(inode, new Missed(before == null ? 1 : before.times + 1, now));
  }

  synchronized List<String> problems(long now) {
    forgetOld(now);
    return missed.entrySet().stream()
        .filter(entry -> entry.getValue().times >= REPEATEDLY)
        .limit(1)
        .map(
            entry ->
                ("connections wait in network namespace %d, which is neither in /proc nor in /run/netns of this process:"
                        + " give it the host's process ids, or bind the files of the containers' namespaces"
                        + " (Docker's are in /var/run/docker/netns) to /run/netns")
                    .formatted(entry.getKey()))
        .toList();
  }

  private void forgetOld(long now) {
    missed.values().removeIf(one -> now - one.last > LATELY.toNanos());
  }
}
