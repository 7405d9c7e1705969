package dev.shunt.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.client.RestTestClient;

/** Servers that start, stop and start again. */
@ExtendWith(OutputCaptureExtension.class)
class StartTest {

  private static final Pattern PASSWORD = Pattern.compile("one-time password: (\\S+)");

  @TempDir private Path folder = Path.of("");

  private ConfigurableApplicationContext start(String... settings) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--shunt.data-dir=" + folder.resolve("data"),
                "--server.port=0",
                "--management.server.port=0",
                "--spring.grpc.server.port=0"));
    all.addAll(List.of(settings));
    return SpringApplication.run(ControlPlane.class, all.toArray(String[]::new));
  }

  private static RestTestClient client(ConfigurableApplicationContext server) {
    return RestTestClient.bindToServer()
        .baseUrl("http://localhost:" + server.getEnvironment().getProperty("local.server.port"))
        .build();
  }

  private static RestTestClient.ResponseSpec login(
      ConfigurableApplicationContext server, String password) {
    return client(server)
        .post()
        .uri("/api/v1/session")
        .contentType(MediaType.APPLICATION_JSON)
        .body("{\"username\":\"admin\",\"password\":\"" + password + "\"}")
        .exchange();
  }

  @Test
  void theFirstStartPrintsAPasswordThatWorksAndNoOtherStartDoes(CapturedOutput output) {
    String password;
    try (ConfigurableApplicationContext server = start()) {
      Matcher printed = PASSWORD.matcher(output.getOut());
      assertThat(printed.find()).isTrue();
      password = printed.group(1);
      login(server, password).expectStatus().isOk();
    }
    try (ConfigurableApplicationContext server = start()) {
      login(server, password).expectStatus().isOk();
    }

    assertThat(output.getOut().split("one-time password", -1)).hasSize(2);
    assertThat(output.getOut().lines().filter(line -> line.contains(" ready in "))).hasSize(2);
  }

  @Test
  void policiesNodesAndTokensOutliveAStart() throws IOException {
    Path apiToken = folder.resolve("secrets/api-token");
    Path joinToken = folder.resolve("secrets/join-token");
    String[] settings = {
      "--shunt.bootstrap.api-token-file=" + apiToken,
      "--shunt.bootstrap.join-token-file=" + joinToken
    };
    String credential;
    try (ConfigurableApplicationContext server = start(settings);
        FakeNode node = new FakeNode(server.getBean(GrpcServerLifecycle.class).getPort())) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(apiToken)))
          .isEqualTo("rw-------");
      client(server)
          .post()
          .uri("/api/v1/policies")
          .header(HttpHeaders.AUTHORIZATION, "Bearer " + Files.readString(apiToken).strip())
          .contentType(ServerTest.YAML)
          .body(ServerTest.policy("lasting", "edge", 7))
          .exchange()
          .expectStatus()
          .isCreated();
      credential = node.join(Files.readString(joinToken).strip(), "node-1", Map.of("pool", "edge"));
      node.connect(credential);
      node.hello("node-1", Map.of("pool", "edge"), 0, "");
      node.ack(node.update());
    }
    String token = Files.readString(apiToken).strip();
    try (ConfigurableApplicationContext server = start(settings);
        FakeNode node = new FakeNode(server.getBean(GrpcServerLifecycle.class).getPort())) {
      assertThat(Files.readString(apiToken).strip()).isEqualTo(token);
      client(server)
          .get()
          .uri("/api/v1/policies/lasting")
          .header(HttpHeaders.AUTHORIZATION, "Bearer " + token)
          .exchange()
          .expectStatus()
          .isOk();
      client(server)
          .get()
          .uri("/api/v1/nodes/node-1")
          .header(HttpHeaders.AUTHORIZATION, "Bearer " + token)
          .exchange()
          .expectBody()
          .jsonPath("$.state")
          .isEqualTo("Unreachable")
          .jsonPath("$.labels.pool")
          .isEqualTo("edge");
      node.connect(credential);
      node.hello("node-1", Map.of("pool", "edge"), 0, "");
      assertThat(node.update().getUpserts(0).getName()).isEqualTo("lasting");
    }
  }

  @Test
  void theAdminPasswordCanComeFromAFile() throws IOException {
    Path password = Files.writeString(folder.resolve("password"), "first-secret\n");
    try (ConfigurableApplicationContext server = start("--shunt.admin-password-file=" + password)) {
      login(server, "first-secret").expectStatus().isOk();
    }
    Files.writeString(password, "second-secret\n");
    try (ConfigurableApplicationContext server = start("--shunt.admin-password-file=" + password)) {
      login(server, "first-secret").expectStatus().isUnauthorized();
      login(server, "second-secret").expectStatus().isOk();
    }
  }

  @Test
  void nodesAreNotServedInPlaintextOverANetworkUnlessThatIsAskedFor(CapturedOutput output) {
    String everywhere = "--spring.grpc.server.address=0.0.0.0";
    assertThatThrownBy(() -> start(everywhere)).hasMessageContaining("expected TLS for gRPC");
    assertThat(output.getOut()).contains("shunt.grpc.allow-plaintext=true");

    start(everywhere, "--shunt.grpc.allow-plaintext=true").close();

    assertThat(output.getOut()).contains("WARN  gRPC listens without TLS on 0.0.0.0");
  }

  @Test
  void withACertificateNodesAreServedOverTls() throws Exception {
    Path store = folder.resolve("server.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                "changeit",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1")
            .inheritIO()
            .start();
    assertThat(keytool.waitFor()).isZero();
    Path joinToken = folder.resolve("join-token");
    try (ConfigurableApplicationContext server =
            start(
                "--spring.grpc.server.address=0.0.0.0",
                "--spring.grpc.server.ssl.bundle=nodes",
                "--spring.ssl.bundle.jks.nodes.keystore.location=file:" + store,
                "--spring.ssl.bundle.jks.nodes.keystore.password=changeit",
                "--shunt.bootstrap.join-token-file=" + joinToken);
        FakeNode node =
            FakeNode.overTls(server.getBean(GrpcServerLifecycle.class).getPort(), store)) {
      assertThat(node.join(Files.readString(joinToken).strip(), "node-1", Map.of()))
          .startsWith("shunt_node_");
    }
  }

  @Test
  void aCleanStartAndStopLogsNothingButTheServerAndItsPassword(CapturedOutput output) {
    start().close();

    assertThat(output.getAll().lines().filter(line -> !line.isBlank()))
        .hasSize(2)
        .anyMatch(line -> line.contains("one-time password"))
        .anyMatch(line -> line.contains(" ready in "));
  }

  @Test
  void anUnknownSettingStopsTheStart() {
    assertThatThrownBy(() -> start("--shunt.dta-dir=/tmp"))
        .rootCause()
        .hasMessageContaining("shunt.dta-dir");
  }
}
