package dev.shunt.node.conductor;

import dev.shunt.node.bpf.NetworkNamespace;
import java.util.Map;

/**
 * The kernel side of the conductor. Used by one thread at a time, which is what the BPF programs
 * rely on: no two walks run side by side.
 */
public interface Walks {

  /** Which program visits the sockets. */
  enum Kind {
    /** Enrols, re-judges and un-enrols connections that are known. */
    CONDUCT,
    /** Finds connections older than the watch. */
    ADOPT
  }

  /**
   * Visits every TCP socket of a namespace. Blocks while it runs: about 3 ms and 4 µs for each
   * socket.
   *
   * @return how many connections are halfway, so that walking on helps: for {@link Kind#CONDUCT}
   *     one end is enrolled and the other is not, or a pair is on its way out, for {@link
   *     Kind#ADOPT} one end is known
   * @throws RuntimeException when the namespace is gone or the kernel refuses
   */
  long walk(Kind kind, NetworkNamespace namespace);

  /** Answers what the programs ask about processes; before a walk, which uses the answers. */
  void answerQuestions();

  /**
   * Who waits for the conductor in a namespace.
   *
   * @param candidates how many connections
   * @param urgent whether one of them is slower than TCP until somebody walks there
   * @param patient whether somebody else may have been missed, which a walk now and then mends
   * @param measured whether for one of them TCP is being measured, which takes several looks
   */
  record Waiting(long candidates, boolean urgent, boolean patient, boolean measured) {}

  /** Who waits, by inode of the namespace; without those where nobody does. */
  Map<Long, Waiting> waiting();

  /**
   * Where somebody lives who was young when it was established, and is no more: by inode of the
   * namespace, a number that grows when there are more or others of them.
   *
   * @param before on the clock of {@link System#nanoTime}; who was established before is not young
   */
  Map<Long, Long> settled(long before);

  /**
   * Sets a namespace's count to zero; done before a walk, which counts what it leaves undone and
   * visits whoever has settled by now.
   */
  void clearWaiting(long namespace);
}
