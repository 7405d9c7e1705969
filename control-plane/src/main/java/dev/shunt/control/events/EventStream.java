package dev.shunt.control.events;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * One listener's connection. Events wait in a queue of its own and are written by one thread at a
 * time, so that a slow listener holds up nobody else; one that is too slow is sent away and told to
 * read everything anew when it comes back.
 */
final class EventStream implements Consumer<Event> {

  private static final int MOST_WAITING = 1_024;

  private final SseEmitter emitter;
  private final String epoch;
  private final Executor writers;
  private final Consumer<EventStream> onEnd;
  private final ArrayDeque<SseEmitter.SseEventBuilder> waiting = new ArrayDeque<>();
  private boolean writing;
  private boolean over;

  EventStream(SseEmitter emitter, String epoch, Executor writers, Consumer<EventStream> onEnd) {
    this.emitter = emitter;
    this.epoch = epoch;
    this.writers = writers;
    this.onEnd = onEnd;
  }

  @Override
  public void accept(Event event) {
    add(SseEmitter.event().id(id(event.id())).name(event.type()).data(event.data()));
  }

  /** Tells the listener that it missed something; it goes on from the given event. */
  void reset(long lastId) {
    add(SseEmitter.event().id(id(lastId)).name("reset").data("{}"));
  }

  /** Keeps proxies from cutting the connection, and finds out whether it is still there. */
  void alive() {
    add(SseEmitter.event().comment("alive"));
  }

  private String id(long number) {
    return epoch + "-" + number;
  }

  private synchronized void add(SseEmitter.SseEventBuilder event) {
    if (over) {
      return;
    }
    if (waiting.size() == MOST_WAITING) {
      waiting.clear();
      end();
      return;
    }
    waiting.addLast(event);
    if (!writing) {
      writing = true;
      writers.execute(this::write);
    }
  }

  private void write() {
    try {
      SseEmitter.SseEventBuilder next = next();
      while (next != null) {
        emitter.send(next);
        next = next();
      }
    } catch (IOException | IllegalStateException e) {
      // The listener went away.
      end();
    }
  }

  private synchronized SseEmitter.@Nullable SseEventBuilder next() {
    SseEmitter.SseEventBuilder next = over ? null : waiting.pollFirst();
    writing = next != null;
    return next;
  }

  void end() {
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
    }
    onEnd.accept(this);
    emitter.complete();
  }
}
