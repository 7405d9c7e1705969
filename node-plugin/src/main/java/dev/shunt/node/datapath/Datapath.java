package dev.shunt.node.datapath;

import dev.shunt.node.programs.SpliceJudge;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * The datapath of this node: pinned programs and maps, and this process's handle on them. Safe for
 * use by several threads; calls take turns. The handle may be dropped, or its process killed, at
 * any instant: what is installed keeps running.
 */
public interface Datapath extends AutoCloseable {

  /**
   * Makes a policy set the live one. It is written beside the live set, read back, and then becomes
   * live by one 8-byte write, so that every connection sees one whole set.
   *
   * @throws DatapathException when any step failed; the set that was live is live still
   */
  AppliedPolicy apply(CompiledPolicySet set) throws DatapathException;

  DatapathStatus status() throws DatapathException;

  /**
   * Both local ends of every live connection that a policy matched. Costs a walk through every
   * network namespace of the host, several milliseconds each.
   */
  List<Connection> connections() throws DatapathException;

  /**
   * What policies with mode Observe have seen, and the connections that are open, matched or not.
   * Costs what {@link #connections} costs.
   */
  Insight insight() throws DatapathException;

  /**
   * Tends connections from now until {@link #close}: enrols settled ones, lets open ones follow
   * every policy that is applied. Without it {@code enrolment: Settled} stays plain TCP. Runs on a
   * thread of its own; calling it again does nothing.
   *
   * @param cpuShare of one CPU that this may use on average, above 0 and at most 1
   * @param judge which programs could splice a connection, and are left alone by Settled
   * @param notices sentences for people: of programs and cgroups that are left alone for it
   */
  void conduct(double cpuShare, SpliceJudge judge, Consumer<String> notices)
      throws DatapathException;

  /**
   * Takes every accelerated connection back to plain TCP, with nothing lost, and enrols nobody
   * until {@code setDraining(false)}. Needs {@link #conduct}.
   *
   * @return whether all are back; false when the time is up, and then the rest follows later
   */
  boolean drain(Duration atMost) throws DatapathException, InterruptedException;

  /**
   * While draining, nobody is enrolled, and the conductor un-enrols who is. Remembered in the maps,
   * not in this handle.
   */
  void setDraining(boolean draining) throws DatapathException;

  /** How this handle came by the datapath. */
  Origin origin();

  /** Closes the handle and lets another process take over; the datapath keeps running. */
  @Override
  void close();

  enum Origin {
    /** Nothing was there. */
    INSTALLED,
    /** What was pinned was taken over untouched. */
    ADOPTED,
    /** Other programs of the same layout were there; this version's took their places. */
    UPGRADED,
    /**
     * An older layout, another capacity or cgroup was there; it was moved aside, and gives its
     * connections back while {@link #conduct} runs.
     */
    REPLACED,
    /** An interrupted installation was there; its rest was removed. */
    REPAIRED
  }
}
