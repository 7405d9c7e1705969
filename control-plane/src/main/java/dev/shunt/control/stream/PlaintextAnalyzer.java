package dev.shunt.control.stream;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Shows the refusal without a stack trace. */
final class PlaintextAnalyzer extends AbstractFailureAnalyzer<PlaintextRefusedException> {

  @Override
  protected FailureAnalysis analyze(Throwable root, PlaintextRefusedException cause) {
    return new FailureAnalysis(
        "expected TLS for gRPC on an address that other machines can reach, found plaintext on "
            + cause.where(),
        "Set spring.grpc.server.ssl.bundle, or listen on 127.0.0.1 (spring.grpc.server.address), or"
            + " set shunt.grpc.allow-plaintext=true on a network you trust.",
        cause);
  }
}
