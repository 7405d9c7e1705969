package dev.shunt.control.events;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The latest events, for those who listen and those who come back after a moment. Thread-safe. */
public final class EventLog {

  private static final int KEPT = 1_024;

  private final ArrayDeque<Event> latest = new ArrayDeque<>(KEPT);
  private final CopyOnWriteArrayList<Consumer<Event>> listeners = new CopyOnWriteArrayList<>();
  private long lastId;

  /** Tells every listener; they must not block. */
  public synchronized void publish(String type, Object data) {
    Event event = new Event(++lastId, type, data);
    if (latest.size() == KEPT) {
      latest.removeFirst();
    }
    latest.addLast(event);
    listeners.forEach(listener -> listener.accept(event));
  }

  /**
   * Adds a listener and gives it first what it missed.
   *
   * @param after id of the last event it saw; null when it saw none and wants only new ones
   * @return false when events after that id are no longer kept, so that the listener has to read
   *     everything anew
   */
  public synchronized boolean listen(@Nullable Long after, Consumer<Event> listener) {
    listeners.add(listener);
    if (after == null) {
      return true;
    }
    List<Event> missed = new ArrayList<>();
    for (Event event : latest) {
      if (event.id() > after) {
        missed.add(event);
      }
    }
    boolean complete =
        after <= lastId && (missed.isEmpty() ? after == lastId : missed.get(0).id() == after + 1);
    if (complete) {
      missed.forEach(listener);
    }
    return complete;
  }

  public void forget(Consumer<Event> listener) {
    listeners.remove(listener);
  }

  /** Id of the newest event; 0 when there was none. */
  public synchronized long lastId() {
    return lastId;
  }
}
