package dev.shunt.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The API's description is kept in a file, so that a change of the API shows in review and the web
 * app's types can be made without a running server. To write it anew:
 *
 * <pre>mvn -pl control-plane -am test -Dtest=OpenApiTest -Dsurefire.failIfNoSpecifiedTests=false
 *     -Dshunt.openapi.write=true</pre>
 */
class OpenApiTest extends ServerTest {

  private static final Path FILE = Path.of("src/test/resources/openapi.json");

  private final JsonMapper json =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  @Test
  void theDescriptionInTheFileIsTheServersOwn() throws IOException {
    JsonNode served = tree(served("/v3/api-docs"));
    String text = json.writeValueAsString(served) + "\n";
    if (Boolean.getBoolean("shunt.openapi.write")) {
      Files.createDirectories(FILE.getParent());
      Files.writeString(FILE, text);
    }

    assertThat(Files.readString(FILE))
        .as("write %s anew as this test's comment says, and look at the difference", FILE)
        .isEqualTo(text);
  }

  @Test
  void everyOperationHasANameAndSaysHowItIsRefused() {
    JsonNode paths = tree(served("/v3/api-docs")).path("paths");

    assertThat(paths.size()).isGreaterThan(15);
    paths.forEach(
        path ->
            path.forEach(
                operation -> {
                  assertThat(operation.path("operationId").asString()).matches("[a-z][a-zA-Z]+");
                  assertThat(operation.path("summary").asString()).isNotEmpty();
                  assertThat(operation.path("responses").has("default")).isTrue();
                }));
  }

  @Test
  void swaggerUiComesFromTheServerItself() {
    String page = new String(served("/swagger-ui/index.html"), StandardCharsets.UTF_8);

    assertThat(page).contains("swagger-ui").doesNotContain("https://");
  }

  private byte[] served(String path) {
    byte[] body =
        anybody()
            .get()
            .uri(path)
            .exchange()
            .expectStatus()
            .isOk()
            .expectBody()
            .returnResult()
            .getResponseBodyContent();
    return body == null ? new byte[0] : body;
  }
}
