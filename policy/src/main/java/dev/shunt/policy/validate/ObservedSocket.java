package dev.shunt.policy.validate;

import dev.shunt.policy.match.SocketView;
import java.util.Map;

/**
 * A socket that some node reported lately.
 *
 * @param nodeLabels of the node
 * @param blocking whether the socket was seen without {@code O_NONBLOCK}
 */
public record ObservedSocket(SocketView view, Map<String, String> nodeLabels, boolean blocking) {

  public ObservedSocket {
    nodeLabels = Map.copyOf(nodeLabels);
  }
}
