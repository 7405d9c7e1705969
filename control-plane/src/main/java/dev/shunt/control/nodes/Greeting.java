package dev.shunt.control.nodes;

import java.util.Map;

/**
 * How a node introduces itself on a new stream.
 *
 * @param appliedRevision what its maps hold; 0 for nothing
 * @param appliedDigest empty for nothing
 */
public record Greeting(
    Map<String, String> labels,
    String agentVersion,
    String kernelRelease,
    long appliedRevision,
    String appliedDigest) {

  public Greeting {
    labels = Map.copyOf(labels);
  }
}
