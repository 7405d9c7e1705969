package dev.shunt.node.datapath;

import org.jspecify.annotations.Nullable;

/**
 * What is pinned in a pin folder.
 *
 * @param presence whether a datapath is there and whole
 * @param installed what was recorded when it was installed; null unless {@code presence} is
 *     INSTALLED or OTHER_VERSION
 * @param status counters and generation; null unless {@code presence} is INSTALLED
 */
public record DatapathInspection(
    Presence presence, @Nullable Installed installed, @Nullable DatapathStatus status) {

  public enum Presence {
    /** No pin folder. */
    ABSENT,
    /** Whole, and of this program object: {@code installOrAdopt} adopts it. */
    INSTALLED,
    /**
     * Whole, but of another layout, program object or cgroup: {@code installOrAdopt} replaces it.
     */
    OTHER_VERSION,
    /** An installation was interrupted: {@code installOrAdopt} cleans it and starts again. */
    HALF_MADE
  }

  /**
   * Recorded beside the pins.
   *
   * @param objectDigest SHA-256 of the BPF object, lower-case hex
   */
  public record Installed(
      int layoutVersion, String objectDigest, String cgroup, String agentVersion) {}
}
