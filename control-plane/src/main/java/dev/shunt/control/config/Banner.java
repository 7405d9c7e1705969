package dev.shunt.control.config;

import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/** One line when the server is ready, with the address to open. */
@Component
class Banner {

  private static final Logger log = LoggerFactory.getLogger(Banner.class);

  private final Environment environment;

  Banner(Environment environment) {
    this.environment = environment;
  }

  @EventListener
  void ready(ApplicationReadyEvent event) {
    @Nullable String version = Banner.class.getPackage().getImplementationVersion();
    boolean tls = environment.containsProperty("server.ssl.bundle");
    log.info(
        "Shunt control plane {} ready in {} ms: {}://localhost:{} for people and the API,"
            + " gRPC {}:{} for nodes, management on port {}",
        version == null ? "(development)" : version,
        ManagementFactory.getRuntimeMXBean().getUptime(),
        tls ? "https" : "http",
        port("local.server.port", "server.port"),
        environment.getProperty("spring.grpc.server.address", "*"),
        port("local.grpc.server.port", "spring.grpc.server.port"),
        port("local.management.port", "management.server.port"));
  }

  private @Nullable String port(String actual, String configured) {
    return environment.getProperty(actual, environment.getProperty(configured, ""));
  }
}
