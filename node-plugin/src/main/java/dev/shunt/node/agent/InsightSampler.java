package dev.shunt.node.agent;

import dev.shunt.node.datapath.Datapath;
import dev.shunt.node.datapath.DatapathException;
import dev.shunt.node.datapath.Insight;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the node's connections now and then, on a thread of its own. How often follows from what
 * a look costs: the table of sockets is walked in every network namespace.
 */
public final class InsightSampler implements AutoCloseable {
  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(10);

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

  /**
   * A look that takes long, because there are many sockets or the node is busy, comes less often.
   */
  private static final int PAUSE_PER_COST = 100;

  private final Datapath datapath;
  private final AgentLog log;
  private final AtomicReference<@Nullable Insight> latest = new AtomicReference<>();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread daemon = new Thread(task, "shunt-insight");
            daemon.setDaemon(true);
            return daemon;
          });
  private String lastTrouble = "";

  public InsightSampler(Datapath datapath, AgentLog log) {
    this.datapath = datapath;
    this.log = log;
  }

  public void start() {
    thread.schedule(this::look, FIRST.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** What was seen last; null when it was taken already. */
  public @Nullable Insight take() {
    return latest.getAndSet(null);
  }

  private void look() {
    long started = System.nanoTime();
    try {
      latest.set(datapath.insight());
      lastTrouble = "";
    } catch (DatapathException | RuntimeException e) {
      String trouble = String.valueOf(e.getMessage());
      if (!trouble.equals(lastTrouble)) {
        lastTrouble = trouble;
        log.warn("", "connections cannot be looked at: " + trouble);
      }
    }
    long cost = (System.nanoTime() - started) / 1_000_000;
    long pause =
        Math.min(
            LONGEST_PAUSE.toMillis(), Math.max(SHORTEST_PAUSE.toMillis(), cost * PAUSE_PER_COST));
    if (!thread.isShutdown()) {
      thread.schedule(this::look, pause, TimeUnit.MILLISECONDS);
    }
  }

  /** Waits for a look that is under way, which uses the datapath. */
  @Override
  public void close() {
    thread.shutdownNow();
    try {
      thread.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
