package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.conductor.Conductor;
import dev.shunt.node.conductor.CpuShare;
import dev.shunt.node.conductor.Joining;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tends the connections of earlier installations until they are back on TCP, then removes what is
 * left of these. A connection whose reader has stopped cannot leave; its installation stays until
 * it closes. Killed in between, the next agent goes on.
 */
final class Retirement implements AutoCloseable {
  private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

  private final List<Tended> tended = new ArrayList<>();
  private final Runnable whenOneIsGone;
  private final Thread thread;
  private boolean closed;
  private @Nullable String problem;

  private record Tended(RetiredDatapath datapath, PinnedWalks walks, Conductor conductor) {}

  /**
   * @param retired closed with this object
   * @param whenOneIsGone its connections are free to be enrolled again
   */
  Retirement(List<RetiredDatapath> retired, CpuShare share, Runnable whenOneIsGone) {
    for (RetiredDatapath datapath : retired) {
      PinnedWalks walks = datapath.walks();
      Conductor conductor = new Conductor(walks, Duration.ZERO, share);
      conductor.policyChanged();
      tended.add(new Tended(datapath, walks, conductor));
    }
    this.whenOneIsGone = whenOneIsGone;
    this.thread = new Thread(this::run, "shunt-retirement");
    thread.setDaemon(true);
    thread.start();
  }

  synchronized List<String> problems() {
    String found = problem;
    return found == null ? List.of() : List.of(found);
  }

  private void run() {
    while (waitForNextLook()) {
      try {
        look();
      } catch (BpfException | UncheckedIOException | IllegalStateException e) {
        synchronized (this) {
          problem = e.getMessage();
        }
        return;
      }
    }
  }

  private synchronized boolean waitForNextLook() {
    try {
      if (!closed && !tended.isEmpty()) {
        wait(LOOK_AGAIN.toMillis());
      }
    } catch (InterruptedException e) {
      return false;
    }
    return !closed && !tended.isEmpty();
  }

  private void look() {
    for (Tended one : copy()) {
      if (one.datapath().isDrained()) {
        release(one, true);
        whenOneIsGone.run();
      }
    }
  }

  private synchronized List<Tended> copy() {
    return List.copyOf(tended);
  }

  private void release(Tended one, boolean remove) {
    synchronized (this) {
      if (!tended.remove(one)) {
        return;
      }
    }
    // Walks first: whoever walks holds what would be removed.
    one.conductor().close();
    one.walks().close();
    if (remove) {
      one.datapath().remove();
    }
    one.datapath().close();
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    Joining.uninterrupted(thread);
    copy().forEach(one -> release(one, false));
  }
}
