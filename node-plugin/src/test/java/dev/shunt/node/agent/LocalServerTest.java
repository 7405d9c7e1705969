package dev.shunt.node.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shunt.node.agent.LocalServer.RequestRefusedException;
import dev.shunt.node.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class LocalServerTest {

  @TempDir Path temporary;
  private RunFolder folder;
  private LocalServer server;

  @BeforeEach
  void listen() throws IOException {
    folder = new RunFolder(temporary, Path.of("/sys/fs/bpf/shunt"));
    server =
        LocalServer.start(
            folder,
            (operation, request) ->
                switch (operation) {
                  case "echo" -> Map.of("text", request.string("text"));
                  case "refuse" ->
                      throw new RequestRefusedException("no", Map.of("problems", List.of("p")));
                  default -> throw new IllegalStateException("broken");
                });
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  @Test
  void answersEachLineWithALine() throws Exception {
    JsonObject answer = LocalClient.ask(folder, Map.of("op", "echo", "text", "ü\n"));

    assertThat(answer.flag("ok")).isTrue();
    assertThat(answer.string("text")).isEqualTo("ü\n");
  }

  @Test
  void refusesWithASentenceAndDetails() throws Exception {
    JsonObject answer = LocalClient.ask(folder, Map.of("op", "refuse"));

    assertThat(answer.flag("ok")).isFalse();
    assertThat(answer.string("error")).isEqualTo("no");
    assertThat(answer.has("problems")).isTrue();
  }

  @Test
  void survivesARequestThatBreaksItsHandler() throws Exception {
    assertThat(LocalClient.ask(folder, Map.of("op", "other")).string("error")).contains("broken");
    assertThat(LocalClient.ask(folder, Map.of("op", "echo", "text", "")).flag("ok")).isTrue();
  }

  @Test
  void answersGarbageWithASentenceAndKeepsTheConnection() throws Exception {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(folder.socket()))) {
      var reader =
          new BufferedReader(
              new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
      for (String line :
          List.of("garbage", "[]", "{}", "{\"op\":1}", "{\"op\":\"a\",\"op\":\"b\"}")) {
        channel.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
        assertThat(reader.readLine()).as("for %s", line).startsWith("{\"ok\":false,\"error\":\"");
      }
    }
  }

  @Test
  void doesNotLetASilentClientBlockOthers() throws Exception {
    try (SocketChannel silent = SocketChannel.open(UnixDomainSocketAddress.of(folder.socket()))) {
      assertThat(silent.isConnected()).isTrue();
      assertThat(LocalClient.ask(folder, Map.of("op", "echo", "text", "a")).flag("ok")).isTrue();
    }
  }

  @Test
  void isForTheOwnerOnlyAndLeavesNoSocket() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.socket())))
        .isEqualTo("rw-------");

    server.close();

    assertThat(Files.exists(folder.socket())).isFalse();
    assertThatThrownBy(() -> LocalClient.ask(folder, Map.of("op", "echo")))
        .isInstanceOf(IOException.class);
  }

  @Test
  void takesOverTheSocketOfADeadAgent() throws Exception {
    server.close();
    Files.createFile(folder.socket());

    server = LocalServer.start(folder, (operation, request) -> Map.of());

    assertThat(LocalClient.ask(folder, Map.of("op", "any")).flag("ok")).isTrue();
  }
}
