package dev.shunt.control.nodes;

import dev.shunt.control.config.ShuntProperties;
import dev.shunt.control.push.PushQueue;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/** Saves what nodes told, keeps idle streams alive and ends all of them on shutdown. */
@Component
class NodeHousekeeping implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(NodeHousekeeping.class);

  private static final Duration SAVE_EVERY = Duration.ofSeconds(1);
  private static final Duration LOOK_EVERY = Duration.ofSeconds(5);

  private final Nodes nodes;
  private final PushQueue queue;
  private final Duration heartbeat;
  private @Nullable ScheduledThreadPoolExecutor executor;

  NodeHousekeeping(Nodes nodes, PushQueue queue, ShuntProperties properties) {
    this.nodes = nodes;
    this.queue = queue;
    this.heartbeat = properties.push().heartbeat();
  }

  @Override
  public synchronized void start() {
    ScheduledThreadPoolExecutor started =
        new ScheduledThreadPoolExecutor(1, task -> new Thread(task, "shunt-nodes"));
    every(started, SAVE_EVERY, nodes::save);
    every(started, LOOK_EVERY, nodes::look);
    every(started, heartbeat, queue::heartbeat);
    executor = started;
  }

  private static void every(ScheduledThreadPoolExecutor executor, Duration period, Runnable task) {
    executor.scheduleWithFixedDelay(
        () -> {
          try {
            task.run();
          } catch (RuntimeException e) {
            // Thrown on, it would silently end the schedule.
            log.error("housekeeping of nodes failed; it is tried again in {}", period, e);
          }
        },
        period.toNanos(),
        period.toNanos(),
        TimeUnit.NANOSECONDS);
  }

  @Override
  public synchronized void stop() {
    if (executor != null) {
      executor.shutdownNow();
      executor = null;
      queue.closeAll("the server shuts down");
      nodes.save();
    }
  }

  @Override
  public synchronized boolean isRunning() {
    return executor != null;
  }

  /** Stops first, so that streams end before the gRPC server waits for them. */
  @Override
  public int getPhase() {
    return Integer.MAX_VALUE;
  }
}
