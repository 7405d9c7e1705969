package dev.shunt.node.conductor;

import dev.shunt.node.bpf.NetworkNamespace;
import dev.shunt.node.bpf.NetworkNamespaces;
import dev.shunt.node.conductor.Walks.Waiting;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
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
   * Walks over every namespace after a policy change: some, for a connection may be made or change
   * hands meanwhile, and more while old connections are not paired. Those are paired when a walk
   * finds them quiet at both ends; busy ones get more chances, with pauses.
   */
  private static final int LEAST_ROUNDS = 3;

  private static final int QUICK_ROUNDS = 10;
  private static final int PAUSED_ROUNDS = 60;
  private static final Duration PAUSE_BETWEEN_ROUNDS = Duration.ofMillis(500);

  /**
   * Walks while connections are halfway in: one end must not stay alone for long (conductor.bpf.c),
   * and the walk after this may have to wait long for its share of the CPU.
   */
  private static final int WALKS_IN_A_ROW = 3;

  private final Walks walks;
  private final Duration settle;
  private final WalkSchedule schedule;
  private final CpuShare share;
  private final Supplier<Map<Long, NetworkNamespace>> namespaces;
  private final Map<Long, String> failures = new ConcurrentHashMap<>();
  private final UnseenNamespaces unseen = new UnseenNamespaces();
  private final Thread thread;
  private Map<Long, NetworkNamespace> known = Map.of();
  private int roundsLeft;
  private int callersWaiting;
  private boolean beyondShare;
  private long lastRound;
  private long roundsAsked;
  private long roundsWalked;
  private boolean closed;

  /**
   * @param settle youngest age at which a connection is enrolled
   * @param share what this may spend; others may spend of it as well
   */
  public Conductor(Walks walks, Duration settle, CpuShare share) {
    this(walks, settle, share, NetworkNamespaces::all);
  }

  Conductor(
      Walks walks,
      Duration settle,
      CpuShare share,
      Supplier<Map<Long, NetworkNamespace>> namespaces) {
    this.walks = walks;
    this.settle = settle;
    this.schedule = new WalkSchedule(settle);
    this.share = share;
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
   * Walks every namespace until a condition holds, ahead of everything else and beyond the CPU
   * share, for somebody waits for the end of it.
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
    callersWaiting++;
    try {
      while (roundsWalked < asked && !closed) {
        long left = (end - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          return;
        }
        wait(left);
      }
    } finally {
      callersWaiting--;
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    Joining.uninterrupted(thread);
  }

  private void run() {
    NetworkNamespace home = NetworkNamespaces.own();
    long cpu = 0;
    while (pause()) {
      long round = takeRound();
      boolean walked = true; // as long as nobody says otherwise
      try {
        walked = work(round);
        failures.remove(ITSELF);
      } catch (RuntimeException e) {
        failures.put(ITSELF, String.valueOf(e.getMessage()));
      }
      if (round > 0) {
        roundEnded(round);
      }
      if (walked && NetworkNamespaces.ofThisThread().inode() != home.inode()) {
        // Walks would now visit the wrong sockets. What is enrolled goes on; a restart mends it.
        failures.put(ITSELF, "the conductor could not return to its network namespace and ended");
        return;
      }
      // Since the last look at it: waking up counts as well.
      long before = cpu;
      cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      if (round == 0 || !beyondShare) {
        share.spent(Duration.ofNanos(cpu - before), System.nanoTime());
      }
    }
  }

  /** Answers whether anything was walked. */
  private boolean work(long round) {
    if (round > 0) {
      visitEverything(round);
      return true;
    }
    if (!share.allows(System.nanoTime())) {
      return false;
    }
    lookWhoWaits();
    return visitWhereSomebodyWaits();
  }

  private Map<Long, Waiting> lookWhoWaits() {
    long now = System.nanoTime();
    Map<Long, Waiting> waiting = walks.waiting();
    schedule.observe(waiting, now);
    schedule.settled(walks.settled(now - settle.toNanos()), now);
    return waiting;
  }

  /**
   * Waits a tick, or longer while CPU time is owed, because waking up adds to that; or until the
   * policy changed. False when closed.
   */
  private synchronized boolean pause() {
    long owed = callersWaiting > 0 ? 0 : share.nanosUntilPaid(System.nanoTime()) / 1_000_000;
    try {
      if (!closed) {
        wait(Math.max(TICK.toMillis(), owed));
      }
    } catch (InterruptedException e) {
      return false;
    }
    return !closed;
  }

  /** Number of the round to walk now, or 0. */
  private synchronized long takeRound() {
    long now = System.nanoTime();
    long sinceLast = now - lastRound;
    boolean paused = roundsLeft <= PAUSED_ROUNDS && sinceLast < PAUSE_BETWEEN_ROUNDS.toNanos();
    beyondShare = callersWaiting > 0 && sinceLast >= TICK.toNanos();
    if (roundsLeft == 0 || paused || !(beyondShare || share.allows(now))) {
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

  private void visitEverything(long round) {
    known = namespaces.get();
    failures.keySet().removeIf(inode -> !inode.equals(ITSELF) && !known.containsKey(inode));
    long searching = 0;
    for (NetworkNamespace namespace : known.values()) {
      searching += visit(namespace);
      comeAgainIfNeeded(namespace.inode());
    }
    if (searching == 0) {
      nobodySearches(round);
    }
  }

  /** Rounds that were asked for meanwhile are walked nevertheless. */
  private synchronized void nobodySearches(long round) {
    if (round == roundsAsked && QUICK_ROUNDS + PAUSED_ROUNDS - roundsLeft >= LEAST_ROUNDS) {
      roundsLeft = 0;
    }
  }

  /** The two ends of a connection may be in two namespaces, which then take turns. */
  private boolean visitWhereSomebodyWaits() {
    Set<Long> due = new HashSet<>(schedule.due(System.nanoTime()));
    Set<Long> walked = new HashSet<>();
    for (int i = 0; !due.isEmpty() && i < WALKS_IN_A_ROW; i++) {
      walked.addAll(due);
      due.removeIf(inode -> !isHalfway(inode));
      lookWhoWaits()
          .forEach(
              (namespace, who) -> {
                if (who.urgent()) {
                  due.add(namespace);
                }
              });
    }
    walked.forEach(this::comeAgainIfNeeded);
    return !walked.isEmpty();
  }

  /** Walks a namespace, and answers whether a connection is halfway there. */
  private boolean isHalfway(Long inode) {
    NetworkNamespace namespace = find(inode);
    if (namespace == null) {
      unseen.missed(inode, System.nanoTime());
      schedule.forget(inode);
      walks.clearWaiting(inode);
      return false;
    }
    return tended(namespace, () -> conduct(namespace)) > 0;
  }

  /** To look through all processes costs more than a walk on a host that has many. */
  private @Nullable NetworkNamespace find(Long inode) {
    NetworkNamespace namespace = known.get(inode);
    if (namespace == null || !namespace.isThere()) {
      known = namespaces.get();
    }
    return known.get(inode);
  }

  /** Answers how many connections' other ends are still looked for. */
  private long visit(NetworkNamespace namespace) {
    return tended(
        namespace,
        () -> {
          long searching = walks.walk(Walks.Kind.ADOPT, namespace);
          long halfway = 1;
          for (int i = 0; halfway > 0 && i < WALKS_IN_A_ROW; i++) {
            halfway = conduct(namespace);
          }
          return searching;
        });
  }

  /** One walk that enrols, judges and un-enrols; answers how many connections are halfway. */
  private long conduct(NetworkNamespace namespace) {
    walks.clearWaiting(namespace.inode());
    walks.answerQuestions();
    return walks.walk(Walks.Kind.CONDUCT, namespace);
  }

  /** Answers what the walks of a namespace do; 0 when they failed. */
  private long tended(NetworkNamespace namespace, LongSupplier walking) {
    long answer;
    try {
      answer = walking.getAsLong();
      failures.remove(namespace.inode());
    } catch (RuntimeException e) {
      schedule.forget(namespace.inode());
      if (Files.exists(namespace.file())) {
        failures.put(namespace.inode(), String.valueOf(e.getMessage()));
      } else {
        // Its last process ended meanwhile, or it was unmounted: its sockets are gone as well.
        failures.remove(namespace.inode());
      }
      return 0;
    }
    return answer;
  }

  private void comeAgainIfNeeded(Long inode) {
    Waiting left = walks.waiting().get(inode);
    schedule.walked(inode, left == null ? 0 : left.candidates(), System.nanoTime());
  }
}
