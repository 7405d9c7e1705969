package dev.shunt.node.sync;

import java.util.List;
import java.util.Map;

/** Who this node says it is, in every greeting. */
public record NodeIdentity(
    String nodeId,
    Map<String, String> labels,
    String agentVersion,
    List<String> capabilities,
    String kernelRelease) {

  public NodeIdentity {
    if (nodeId.isBlank() || nodeId.length() > 253) {
      throw new IllegalArgumentException(
          "a node id must have 1 to 253 characters, found \"" + nodeId + "\"");
    }
    labels = Map.copyOf(labels);
    capabilities = List.copyOf(capabilities);
  }
}
