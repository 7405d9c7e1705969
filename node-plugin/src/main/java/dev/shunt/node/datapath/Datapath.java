package dev.shunt.node.datapath;

import dev.shunt.policy.compile.CompiledPolicySet;

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
   * While draining, nobody is enrolled and every new message goes by TCP. Remembered in the maps,
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
    /** Another layout, program object or cgroup was there; it was removed as by an uninstall. */
    REPLACED,
    /** An interrupted installation was there; its rest was removed. */
    REPAIRED
  }
}
