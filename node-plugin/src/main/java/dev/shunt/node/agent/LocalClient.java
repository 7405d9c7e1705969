package dev.shunt.node.agent;

import dev.shunt.node.json.Json;
import dev.shunt.node.json.JsonException;
import dev.shunt.node.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Asks a running agent one thing. */
public final class LocalClient {

  private LocalClient() {}

  /**
   * Returns the agent's answer, of which {@code ok} says whether it was granted.
   *
   * @throws IOException when no agent answers, or not with JSON
   */
  public static JsonObject ask(RunFolder folder, Map<String, Object> request) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(folder.socket()))) {
      ByteBuffer line =
          ByteBuffer.wrap((Json.write(request) + "\n").getBytes(StandardCharsets.UTF_8));
      while (line.hasRemaining()) {
        channel.write(line);
      }
      channel.shutdownOutput();
      var reader =
          new BufferedReader(
              new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
      String answer = reader.readLine();
      if (answer == null) {
        throw new IOException("the agent at " + folder.socket() + " hung up without an answer");
      }
      return Json.readObject(answer);
    } catch (JsonException e) {
      throw new IOException(
          "the agent at " + folder.socket() + " answered with something else: " + e.getMessage(),
          e);
    }
  }
}
