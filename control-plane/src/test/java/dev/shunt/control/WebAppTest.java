package dev.shunt.control;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;

/** The web app's files and routes. */
class WebAppTest extends ServerTest {

  @ParameterizedTest
  @ValueSource(strings = {"/", "/login", "/policies", "/policies/checkout-sidecars", "/nodes/n1"})
  void everyRouteOfTheWebAppIsItsPage(String route) {
    anybody()
        .get()
        .uri(route)
        .accept(MediaType.TEXT_HTML)
        .exchange()
        .expectStatus()
        .isOk()
        .expectHeader()
        .contentTypeCompatibleWith(MediaType.TEXT_HTML)
        .expectBody(String.class)
        .value(page -> assertThat(page).contains("<div id=\"root\">"));
  }

  @Test
  void thePageIsAskedForAnewAndItsFilesAreKept() {
    String page =
        anybody()
            .get()
            .uri("/")
            .exchange()
            .expectHeader()
            .value(HttpHeaders.CACHE_CONTROL, value -> assertThat(value).contains("no-cache"))
            .expectBody(String.class)
            .returnResult()
            .getResponseBody();
    String script = present(page).replaceAll("(?s).*src=\"(/assets/[^\"]+)\".*", "$1");

    anybody()
        .get()
        .uri(script)
        .exchange()
        .expectStatus()
        .isOk()
        .expectHeader()
        .value(HttpHeaders.CACHE_CONTROL, value -> assertThat(value).contains("immutable"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/assets/none.js", "/none.png", "/v3/none"})
  void aFileThatIsNotThereIsNotThePage(String path) {
    anybody().get().uri(path).exchange().expectStatus().isNotFound();
  }
}
