package dev.shunt.node.sync;

import java.util.List;

/**
 * A desired policy set as the control plane sent it, not yet checked.
 *
 * @param nonce lives within one stream
 * @param version the control plane's revision
 * @param digest of the whole set this update leads to
 * @param full whether {@code upserts} is the whole set
 * @param baseVersion the set that a delta changes; meaningless when {@code full}
 */
record PolicyUpdate(
    long nonce,
    long version,
    String digest,
    boolean full,
    long baseVersion,
    List<Resource> upserts,
    List<String> removals) {

  PolicyUpdate {
    upserts = List.copyOf(upserts);
    removals = List.copyOf(removals);
  }

  /** One policy as canonical JSON. */
  record Resource(String name, String canonicalJson) {}
}
