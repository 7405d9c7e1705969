package dev.shunt.control.stream;

/** The server was about to listen for nodes without TLS where other machines can reach it. */
final class PlaintextRefusedException extends RuntimeException {

  private static final long serialVersionUID = 1;

  PlaintextRefusedException(String where) {
    super(
        "expected TLS for gRPC on an address that other machines can reach, found plaintext on "
            + where
            + "; set spring.grpc.server.ssl.bundle, or listen on 127.0.0.1"
            + " (spring.grpc.server.address), or set shunt.grpc.allow-plaintext=true on a network"
            + " you trust");
  }
}
