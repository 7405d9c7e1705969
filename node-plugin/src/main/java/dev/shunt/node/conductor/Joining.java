package dev.shunt.node.conductor;

/** Waiting for the end of a thread by one that must not go on before. */
public final class Joining {
  private Joining() {}

  /** An interruption meanwhile is kept for later. */
  public static void uninterrupted(Thread thread) {
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
}
