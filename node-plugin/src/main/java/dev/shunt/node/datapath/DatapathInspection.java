package dev.shunt.node.datapath;

import org.jspecify.annotations.Nullable;

/**
 * What is pinned in a pin folder.
 *
 * @param presence whether a datapath is there and whole
 * @param installed what was recorded when it was installed; null when nothing is there or its
 *     record cannot be read
 * @param status counters and generation; null unless {@code presence} is INSTALLED or
 *     OTHER_PROGRAMS
 */
public record DatapathInspection(
    Presence presence, @Nullable Installed installed, @Nullable DatapathStatus status) {

  public enum Presence {
    /** No pin folder. */
    ABSENT,
    /** Whole, and of this program object: {@code installOrAdopt} adopts it. */
    INSTALLED,
    /**
     * Whole, with this layout, but of another program object: {@code installOrAdopt} puts its
     * programs on the maps that are there.
     */
    OTHER_PROGRAMS,
    /**
     * Whole, but of an older layout, another capacity or cgroup: {@code installOrAdopt} installs
     * beside it and gives its connections back.
     */
    OTHER_VERSION,
    /** Of a later version's layout, which is not this version's to touch. */
    NEWER_LAYOUT,
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
