package dev.shunt.control;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.test.web.servlet.client.RestTestClient;

/** The port for probes and metrics. */
class ManagementTest extends ServerTest {

  @Value("${local.management.port}")
  private int managementPort;

  private RestTestClient management() {
    return RestTestClient.bindToServer().baseUrl("http://localhost:" + managementPort).build();
  }

  @Test
  void probesAnswerWithoutALogin() {
    management().get().uri("/livez").exchange().expectStatus().isOk();
    management()
        .get()
        .uri("/readyz")
        .exchange()
        .expectStatus()
        .isOk()
        .expectBody()
        .jsonPath("$.components.db.status")
        .isEqualTo("UP");
  }

  @Test
  void metricsHaveTheNamesThatTheDocsPromise() {
    String metrics =
        management()
            .get()
            .uri("/actuator/prometheus")
            .exchange()
            .expectStatus()
            .isOk()
            .expectBody(String.class)
            .returnResult()
            .getResponseBody();

    assertThat(metrics)
        .contains(
            "shunt_nodes{state=\"InSync\"}",
            "shunt_node_streams ",
            "shunt_revision ",
            "shunt_policies ",
            "shunt_push_answers_seconds_count{answer=\"ack\"}",
            "shunt_push_stale_answers_total ");
  }

  @Test
  void nothingOfThatIsOnThePortForPeople() {
    for (String path : new String[] {"/actuator/prometheus", "/actuator", "/livez", "/readyz"}) {
      anybody().get().uri(path).exchange().expectStatus().isNotFound();
    }
  }
}
