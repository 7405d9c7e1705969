package dev.shunt.control.stream;

import dev.shunt.control.config.ShuntProperties;
import java.net.InetAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.grpc.server.autoconfigure.GrpcServerProperties;
import org.springframework.stereotype.Component;

/**
 * Refuses to start when nodes would talk without encryption over a network, unless that was asked
 * for: their credentials and the policies would be open to anyone on the way.
 */
@Component
class PlaintextGuard implements InitializingBean {

  private static final Logger log = LoggerFactory.getLogger(PlaintextGuard.class);

  private final GrpcServerProperties grpc;
  private final boolean allowed;

  PlaintextGuard(GrpcServerProperties grpc, ShuntProperties properties) {
    this.grpc = grpc;
    this.allowed = properties.grpc().allowPlaintext();
  }

  @Override
  public void afterPropertiesSet() {
    InetAddress address = grpc.getAddress();
    boolean local = address != null && address.isLoopbackAddress();
    if (grpc.getSsl().getBundle() != null || local) {
      return;
    }
    String where = address == null ? "every address" : address.getHostAddress();
    if (!allowed) {
      throw new PlaintextRefusedException(where);
    }
    log.warn(
        "gRPC listens without TLS on {} because shunt.grpc.allow-plaintext=true: join tokens, node"
            + " credentials and policies can be read and changed on the way",
        where);
  }
}
