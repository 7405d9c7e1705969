package dev.shunt.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.web.servlet.client.EntityExchangeResult;
import org.springframework.test.web.servlet.client.RestTestClient;
import org.springframework.util.FileSystemUtils;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The whole server on ports and files of its own; one server for all tests. Tests therefore use
 * names of their own and look only at what they made.
 */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
abstract class ServerTest {

  static final String PASSWORD = "correct-horse-battery-staple";
  static final MediaType YAML = MediaType.parseMediaType("application/yaml");

  private static final Path FOLDER = folder();

  @LocalServerPort private int port;
  @Autowired private GrpcServerLifecycle grpc;
  private final JsonMapper json = JsonMapper.shared();

  private static Path folder() {
    try {
      Path folder = Files.createTempDirectory("shunt-control-plane-test");
      Files.writeString(folder.resolve("password"), PASSWORD + "\n");
      // After the servers are closed, for the database writes to its folder until then.
      SpringApplication.getShutdownHandlers()
          .add(() -> FileSystemUtils.deleteRecursively(folder.toFile()));
      return folder;
    } catch (IOException e) {
      throw new AssertionError("expected a folder for the test's data", e);
    }
  }

  @DynamicPropertySource
  static void ownFilesAndPorts(DynamicPropertyRegistry settings) {
    settings.add("shunt.data-dir", () -> FOLDER.resolve("data").toString());
    settings.add("shunt.admin-password-file", () -> FOLDER.resolve("password").toString());
    settings.add("shunt.bootstrap.api-token-file", () -> FOLDER.resolve("api-token").toString());
    settings.add("shunt.bootstrap.join-token-file", () -> FOLDER.resolve("join-token").toString());
    settings.add("management.server.port", () -> "0");
    settings.add("spring.grpc.server.port", () -> "0");
  }

  /** Somebody without any credential. */
  RestTestClient anybody() {
    return RestTestClient.bindToServer().baseUrl("http://localhost:" + port).build();
  }

  /** The bootstrap token, which is an admin's. */
  RestTestClient admin() {
    return bearer(apiToken());
  }

  RestTestClient bearer(String token) {
    return anybody().mutate().defaultHeader(HttpHeaders.AUTHORIZATION, "Bearer " + token).build();
  }

  FakeNode node() {
    return new FakeNode(grpc.getPort());
  }

  String apiToken() {
    return read("api-token");
  }

  String joinToken() {
    return read("join-token");
  }

  int port() {
    return port;
  }

  /** The body of a GET as admin. */
  JsonNode get(String path) {
    byte[] body =
        admin()
            .get()
            .uri(path)
            .exchange()
            .expectStatus()
            .isOk()
            .expectBody()
            .returnResult()
            .getResponseBodyContent();
    return json.readTree(body);
  }

  JsonNode tree(byte[] body) {
    return json.readTree(body);
  }

  /** Asks again until the answer is as expected. */
  void eventually(String path, Consumer<JsonNode> expected) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> expected.accept(get(path)));
  }

  /** What an answer must have. */
  static <T> T present(@Nullable T value) {
    assertThat(value).isNotNull();
    return requireNonNull(value);
  }

  /** The session cookie of an answer to signing in. */
  static String sessionCookie(EntityExchangeResult<?> login) {
    return present(login.getResponseCookies().getFirst("SHUNT_SESSION")).getValue();
  }

  /** A name that no other test uses. */
  static String fresh(String prefix) {
    return prefix + "-" + UUID.randomUUID().toString().substring(0, 8);
  }

  /** A policy for the nodes with this label. */
  static String policy(String name, String pool, int priority) {
    return """
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata:
          name: %s
          labels: {team: payments}
        spec:
          priority: %d
          nodes: {matchLabels: {pool: %s}}
          match:
            ports: ["8080"]
            cgroups: ["/kubepods.slice/**"]
        """
        .formatted(name, priority, pool);
  }

  private static String read(String name) {
    try {
      return Files.readString(FOLDER.resolve(name)).strip();
    } catch (IOException e) {
      throw new AssertionError("expected the server to have written " + name, e);
    }
  }
}
