package dev.shunt.node.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shunt.node.metrics.MetricsServer.Readiness;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class MetricsServerTest {

  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void servesMetricsAndHealth() throws Exception {
    try (MetricsServer server =
        MetricsServer.start(0, () -> "shunt_up 1\n", () -> new Readiness(false, "draining"))) {
      HttpResponse<String> metrics = get(server, "/metrics");
      assertThat(metrics.body()).isEqualTo("shunt_up 1\n");
      assertThat(metrics.headers().firstValue("Content-Type"))
          .hasValue("text/plain; version=0.0.4; charset=utf-8");
      assertThat(get(server, "/livez").statusCode()).isEqualTo(200);
      assertThat(get(server, "/readyz").statusCode()).isEqualTo(503);
      assertThat(get(server, "/readyz").body()).isEqualTo("draining\n");
      assertThat(get(server, "/metricsx").statusCode()).isEqualTo(404);
      assertThat(get(server, "/other").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void saysWhatToDoWhenThePortIsTaken() throws Exception {
    try (MetricsServer first = MetricsServer.start(0, () -> "", () -> new Readiness(true, ""))) {
      assertThatThrownBy(
              () -> MetricsServer.start(first.port(), () -> "", () -> new Readiness(true, "")))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("cannot listen on port " + first.port())
          .hasMessageContaining("--metrics-port");
    }
  }

  private HttpResponse<String> get(MetricsServer server, String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
