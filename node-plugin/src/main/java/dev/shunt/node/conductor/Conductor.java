package dev.shunt.node.conductor;

import dev.shunt.node.bpf.NetworkNamespace;
import dev.shunt.node.bpf.NetworkNamespaces;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Walks namespaces when there is something to do, on a thread of its own. It reads one small map at
 * every tick; the table of sockets is walked only if a connection waits, or the policy changed.
 * Methods may be called from any thread.
 */
public final class Conductor implements AutoCloseable {
  /** Stands in {@link #failures} for what is no namespace's fault; no namespace has this inode. */
  private static final Long ITSELF = 0L;

  private static final Duration TICK = Duration.ofMillis(50);

  /**
   * Walks over every namespace after a policy change. Old connections are paired when a walk finds
   * them quiet at both ends, so one is not enough; busy ones get more chances, with pauses.
   */
  private static final int QUICK_ROUNDS = 10;

  private static final int PAUSED_ROUNDS = 60;
  private static final Duration PAUSE_BETWEEN_ROUNDS = Duration.ofMillis(500);

  private final Walks walks;
  private final WalkSchedule schedule;
  private final Supplier<Map<Long, NetworkNamespace>> namespaces;
  private final Map<Long, String> failures = new ConcurrentHashMap<>();
  private final UnseenNamespaces unseen = new UnseenNamespaces();
  private final Thread thread;
  private int roundsLeft;
  private long lastRound;
  private long roundsAsked;
  private long roundsWalked;
  private boolean closed;

  /**
   * @param settle youngest age at which a connection is enrolled
   * @param cpuShare of one CPU that walks may use on average, above 0 and at most 1
   */
  public Conductor(Walks walks, Duration settle, double cpuShare) {
    this(walks, settle, cpuShare, NetworkNamespaces::all);
  }

  Conductor(
      Walks walks,
      Duration settle,
      double cpuShare,
      Supplier<Map<Long, NetworkNamespace>> namespaces) {
    this.walks = walks;
    this.schedule = new WalkSchedule(settle, cpuShare);
    this.namespaces = namespaces;
    this.thread = new Thread(this::run, "shunt-conductor");
    thread.setDaemon(true);
    thread.start();
  }

  /** The policy set changed: every namespace is visited, so that open connections follow. */
  public synchronized void policyChanged() {
    roundsLeft = QUICK_ROUNDS + PAUSED_ROUNDS;
    roundsAsked++;
    notifyAll();
  }

  /** Why connections are not tended, in sentences; nothing when all is well. */
  public List<String> problems() {
    Stream<String> failed =
        failures.values().stream()
            .limit(1)
            .map(
                reason ->
                    "connections are not tended (%d failures): %s"
                        .formatted(failures.size(), reason));
    return Stream.concat(failed, unseen.problems(System.nanoTime()).stream()).toList();
  }

  /**
   * Walks every namespace until a condition holds, ahead of everything else.
   *
   * @return whether it holds; false when the time is up
   */
  public boolean walkUntil(BooleanSupplier done, Duration atMost) throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    while (!done.getAsBoolean()) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      awaitRound(Duration.ofNanos(left));
    }
    return true;
  }

  private synchronized void awaitRound(Duration atMost) throws InterruptedException {
    long asked = roundsAsked + 1;
    policyChanged();
    long end = System.nanoTime() + atMost.toNanos();
    while (roundsWalked < asked && !closed) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return;
      }
      wait(left);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    NetworkNamespace home = NetworkNamespaces.own();
    while (pause()) {
      long round = takeRound();
      long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      try {
        work(home, round);
        failures.remove(ITSELF);
      } catch (RuntimeException e) {
        failures.put(ITSELF, String.valueOf(e.getMessage()));
      }
      if (round > 0) {
        roundEnded(round);
      }
      if (NetworkNamespaces.ofThisThread().inode() != home.inode()) {
        // Walks would now visit the wrong sockets. What is enrolled goes on; a restart mends it.
        failures.put(ITSELF, "the conductor could not return to its network namespace and ended");
        return;
      }
      long spent = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu;
      schedule.spent(Duration.ofNanos(spent), System.nanoTime());
    }
  }

  private void work(NetworkNamespace home, long round) {
    if (round > 0) {
      visitEverything();
      return;
    }
    schedule.observe(walks.waiting(), System.nanoTime());
    if (schedule.allowed(System.nanoTime())) {
      visitWhereSomebodyWaits(home);
    }
  }

  /** Waits a tick, or until the policy changed; false when closed. */
  private synchronized boolean pause() {
    try {
      if (!closed) {
        wait(TICK.toMillis());
      }
    } catch (InterruptedException e) {
      return false;
    }
    return !closed;
  }

  /** Number of the round to walk now, or 0. */
  private synchronized long takeRound() {
    long now = System.nanoTime();
    boolean paused =
        roundsLeft <= PAUSED_ROUNDS && now - lastRound < PAUSE_BETWEEN_ROUNDS.toNanos();
    if (roundsLeft == 0 || paused || !schedule.allowed(now)) {
      return 0;
    }
    lastRound = now;
    roundsLeft--;
    return roundsAsked;
  }

  private synchronized void roundEnded(long round) {
    roundsWalked = round;
    notifyAll();
  }

  private void visitEverything() {
    Map<Long, NetworkNamespace> known = namespaces.get();
    failures.keySet().removeIf(inode -> !inode.equals(ITSELF) && !known.containsKey(inode));
    for (NetworkNamespace namespace : known.values()) {
      visit(namespace, true);
    }
  }

  private void visitWhereSomebodyWaits(NetworkNamespace home) {
    List<Long> due = schedule.due(System.nanoTime());
    if (due.isEmpty()) {
      return;
    }
    Map<Long, NetworkNamespace> known =
        due.size() == 1 && due.get(0) == home.inode()
            ? Map.of(home.inode(), home)
            : namespaces.get();
    for (Long inode : due) {
      NetworkNamespace namespace = known.get(inode);
      if (namespace == null) {
        unseen.missed(inode, System.nanoTime());
        schedule.forget(inode);
        walks.clearWaiting(inode);
      } else {
        visit(namespace, false);
      }
    }
  }

  private void visit(NetworkNamespace namespace, boolean adopt) {
    try {
      walks.clearWaiting(namespace.inode());
      walks.answerQuestions();
      if (adopt) {
        walks.walk(Walks.Kind.ADOPT, namespace);
      }
      walks.walk(Walks.Kind.CONDUCT, namespace);
      failures.remove(namespace.inode());
    } catch (RuntimeException e) {
      schedule.forget(namespace.inode());
      if (Files.exists(namespace.file())) {
        failures.put(namespace.inode(), String.valueOf(e.getMessage()));
      } else {
        // Its last process ended meanwhile, or it was unmounted: its sockets are gone as well.
        failures.remove(namespace.inode());
      }
      return;
    }
    @Nullable Long undone = walks.waiting().get(namespace.inode());
    schedule.walked(namespace.inode(), undone == null ? 0 : undone, System.nanoTime());
  }
}
