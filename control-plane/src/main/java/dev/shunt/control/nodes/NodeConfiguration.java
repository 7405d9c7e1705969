package dev.shunt.control.nodes;

import dev.shunt.control.audit.AuditLog;
import dev.shunt.control.config.ShuntProperties;
import dev.shunt.control.push.DesiredStates;
import dev.shunt.control.push.PushQueue;
import dev.shunt.control.push.PushTiming;
import dev.shunt.control.push.Timer;
import dev.shunt.control.revisions.PolicySnapshot;
import dev.shunt.control.revisions.RevisionLog;
import java.time.Clock;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class NodeConfiguration {

  /** One thread hands out every update: sending only appends to a stream's buffer. */
  @Bean(destroyMethod = "shutdownNow")
  ScheduledThreadPoolExecutor pushExecutor() {
    ScheduledThreadPoolExecutor executor =
        new ScheduledThreadPoolExecutor(1, task -> new Thread(task, "shunt-push"));
    // Ten thousand cancelled ack timeouts would otherwise linger until they are due.
    executor.setRemoveOnCancelPolicy(true);
    return executor;
  }

  @Bean
  Timer pushTimer(ScheduledThreadPoolExecutor pushExecutor) {
    return (delay, task) -> {
      Future<?> scheduled = pushExecutor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
      return () -> scheduled.cancel(false);
    };
  }

  @Bean
  DesiredStates desiredStates(DesiredStates.Encoder encoder, RevisionLog revisions) {
    PolicySnapshot now = revisions.current();
    return new DesiredStates(encoder, now.revision(), now.set());
  }

  @Bean
  PushQueue pushQueue(
      DesiredStates states,
      ShuntProperties properties,
      Timer timer,
      Clock clock,
      RevisionLog revisions) {
    ShuntProperties.Push push = properties.push();
    PushTiming timing = new PushTiming(push.quiet(), push.atMost(), push.ackTimeout());
    PushQueue queue = new PushQueue(states, timing, timer, clock);
    revisions.listen(
        (revision, change) -> {
          states.advance(change.after().revision(), change.after().set());
          queue.changed();
        });
    return queue;
  }

  @Bean
  Nodes nodes(
      NodeStore store,
      DesiredStates states,
      PushQueue queue,
      NodeListener listener,
      PushMeters meters,
      AuditLog audit,
      ShuntProperties properties,
      Clock clock) {
    return new Nodes(
        store, states, queue, listener, meters, audit, properties.push().silence(), clock);
  }
}
