package dev.shunt.control.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

class ShuntPropertiesTest {

  private static ShuntProperties bound(Map<String, Object> settings) {
    StandardEnvironment environment = new StandardEnvironment();
    environment
        .getPropertySources()
        .forEach(s -> environment.getPropertySources().remove(s.getName()));
    environment.getPropertySources().addFirst(new MapPropertySource("settings", settings));
    return bind(environment);
  }

  private static ShuntProperties bind(StandardEnvironment environment) {
    return new Binder(ConfigurationPropertySources.get(environment))
        .bindOrCreate(
            "shunt",
            Bindable.of(ShuntProperties.class),
            new NoUnboundElementsBindHandler(
                BindHandler.DEFAULT, new UnboundElementsSourceFilter()));
  }

  @Test
  void theDefaultsAreTheDocumentedOnes() {
    ShuntProperties defaults = bound(Map.of());

    assertThat(defaults.dataDir()).isEqualTo(Path.of("data"));
    assertThat(defaults.adminPasswordFile()).isNull();
    assertThat(defaults.bootstrap().apiTokenFile()).isNull();
    assertThat(defaults.bootstrap().joinTokenFile()).isNull();
    assertThat(defaults.grpc().allowPlaintext()).isFalse();
    assertThat(defaults.push().quiet()).isEqualTo(Duration.ofMillis(75));
    assertThat(defaults.push().atMost()).isEqualTo(Duration.ofSeconds(1));
    assertThat(defaults.push().ackTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(defaults.push().heartbeat()).isEqualTo(Duration.ofSeconds(10));
    assertThat(defaults.push().silence()).isEqualTo(Duration.ofSeconds(60));
    assertThat(defaults.sessions().lifetime()).isEqualTo(Duration.ofHours(12));
  }

  @Test
  void everyKeyCanBeSetInTheEnvironmentAsItIsWritten() {
    StandardEnvironment environment = new StandardEnvironment();
    environment
        .getPropertySources()
        .addFirst(
            new SystemEnvironmentPropertySource(
                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                Map.of(
                    "SHUNT_DATA_DIR", "/var/lib/shunt",
                    "SHUNT_ADMIN_PASSWORD_FILE", "/run/secrets/admin",
                    "SHUNT_BOOTSTRAP_API_TOKEN_FILE", "/run/secrets/api",
                    "SHUNT_BOOTSTRAP_JOIN_TOKEN_FILE", "/run/secrets/join",
                    "SHUNT_GRPC_ALLOW_PLAINTEXT", "true")));
    ShuntProperties properties = bind(environment);

    assertThat(properties.dataDir()).isEqualTo(Path.of("/var/lib/shunt"));
    assertThat(properties.adminPasswordFile()).isEqualTo(Path.of("/run/secrets/admin"));
    assertThat(properties.bootstrap().apiTokenFile()).isEqualTo(Path.of("/run/secrets/api"));
    assertThat(properties.bootstrap().joinTokenFile()).isEqualTo(Path.of("/run/secrets/join"));
    assertThat(properties.grpc().allowPlaintext()).isTrue();
  }

  @Test
  void anUnknownKeyIsAnError() {
    assertThatThrownBy(() -> bound(Map.of("shunt.dta-dir", "/tmp")))
        .rootCause()
        .hasMessageContaining("shunt.dta-dir");
  }
}
