package dev.shunt.control.push;

/**
 * The sending half of one node's stream. The queue calls it from one thread at a time; none of it
 * may block or call back into the queue.
 */
public interface Outbound {

  /** Whether a message would go out now rather than pile up in memory. */
  boolean isReady();

  void sendUpdate(long nonce, DesiredState desired);

  /**
   * Says what is desired while nothing is on its way: the set the node already carries, or one it
   * refused; the digest tells it which.
   */
  void sendHeartbeat(DesiredState desired);

  /** Ends the stream; the node is expected to connect again. Safe to call on an ended stream. */
  void close(String reason);
}
