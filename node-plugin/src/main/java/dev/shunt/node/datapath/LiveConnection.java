package dev.shunt.node.datapath;

import org.jspecify.annotations.Nullable;

/**
 * A live connection that a policy matched, once, with what is known of each end.
 *
 * @param owner the end whose verdict is the connection's; one of the two below
 * @param client null when nothing is known of it
 * @param server null when nothing is known of it
 */
public record LiveConnection(
    Connection owner, @Nullable End client, @Nullable End server, Peer peer) {

  /**
   * An end on this host.
   *
   * @param cgroup path below the hierarchy's root; null when it is gone, or outside what this
   *     process sees
   */
  public record End(Connection socket, @Nullable String cgroup) {}

  /** Where the end is that is not the owner. */
  public enum Peer {
    /** On this host, and seen. */
    LOCAL,
    REMOTE,
    /** On this host, and no policy matches it, so nothing is recorded of it. */
    UNMATCHED,
    /** Not found: it was not seen to open, or closed already. */
    UNKNOWN
  }

  /** Bytes of the ends that are known, both ways and however they went. */
  public long bytes() {
    return bytes(client) + bytes(server);
  }

  private static long bytes(@Nullable End end) {
    return end == null ? 0 : end.socket().redirectedBytes() + end.socket().tcpBytes();
  }
}
