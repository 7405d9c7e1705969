package dev.shunt.node.sync;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where the control plane is and how to trust it.
 *
 * @param caFile PEM file of the authority to trust; null for the platform's own list
 * @param plaintext no TLS at all; the credential travels in the clear
 */
public record ControlPlaneEndpoint(
    String host, int port, @Nullable Path caFile, boolean plaintext) {

  public ControlPlaneEndpoint {
    if (host.isBlank()) {
      throw new IllegalArgumentException("expected a host, found nothing");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port must be 1 to 65535, found " + port);
    }
    if (plaintext && caFile != null) {
      throw new IllegalArgumentException(
          "plaintext and a CA file exclude each other, found both; remove one");
    }
  }

  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
