package dev.shunt.node.sync;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Opens channels to the control plane with the wanted kind of trust. */
public final class ControlPlaneChannels {

  /** 1,024 policies of a few KiB each; gRPC's own 4 MiB would refuse them. */
  private static final int MOST_MESSAGE_BYTES = 64 << 20;

  private final ControlPlaneEndpoint endpoint;
  private final ChannelCredentials credentials;
  private final String agentVersion;

  /**
   * Reads the CA file, if there is one.
   *
   * @throws IOException when it cannot be read or holds no certificate
   */
  public ControlPlaneChannels(ControlPlaneEndpoint endpoint, String agentVersion)
      throws IOException {
    this.endpoint = endpoint;
    this.credentials = credentials(endpoint);
    this.agentVersion = agentVersion;
  }

  /** A channel that connects when first used; the caller shuts it down. */
  ManagedChannel open() {
    return Grpc.newChannelBuilder("dns:///" + endpoint, credentials)
        .userAgent("shunt-node/" + agentVersion)
        .maxInboundMessageSize(MOST_MESSAGE_BYTES)
        // Callbacks only hand over to the session's own thread.
        .directExecutor()
        .keepAliveTime(30, TimeUnit.SECONDS)
        .keepAliveTimeout(10, TimeUnit.SECONDS)
        .disableRetry()
        .build();
  }

  private static ChannelCredentials credentials(ControlPlaneEndpoint endpoint) throws IOException {
    if (endpoint.plaintext()) {
      return InsecureChannelCredentials.create();
    }
    Path caFile = endpoint.caFile();
    if (caFile == null) {
      return TlsChannelCredentials.create();
    }
    try {
      return TlsChannelCredentials.newBuilder().trustManager(caFile.toFile()).build();
    } catch (IOException e) {
      throw new IOException("cannot read the CA file " + caFile + ": " + e.getMessage(), e);
    }
  }
}
