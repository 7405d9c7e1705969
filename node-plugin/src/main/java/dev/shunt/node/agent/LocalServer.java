package dev.shunt.node.agent;

import dev.shunt.node.json.Json;
import dev.shunt.node.json.JsonException;
import dev.shunt.node.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers other commands on this machine: one JSON object a line each way, over a unix domain
 * socket that only the owner may open. A thread for each connection: its users are people and
 * scripts.
 */
public final class LocalServer implements AutoCloseable {

  /** All policies of a node fit twice over; more is not a policy. */
  static final int MOST_REQUEST_CHARS = 64 << 20;

  private final Path socket;
  private final ServerSocketChannel server;
  private final Handler handler;

  /** Answers one request; runs on the server's thread. */
  @FunctionalInterface
  public interface Handler {
    /**
     * Returns the members of the answer besides {@code ok}.
     *
     * @throws JsonException when the request lacks something
     * @throws RequestRefusedException when it cannot be granted
     */
    Map<String, Object> answer(String operation, JsonObject request)
        throws JsonException, RequestRefusedException;
  }

  /** Why a request was not granted, as a sentence, with anything else that helps. */
  public static final class RequestRefusedException extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient Map<String, Object> details;

    public RequestRefusedException(String sentence, Map<String, Object> details) {
      super(sentence);
      this.details = Map.copyOf(details);
    }
  }

  private LocalServer(Path socket, ServerSocketChannel server, Handler handler) {
    this.socket = socket;
    this.server = server;
    this.handler = handler;
  }

  /**
   * Listens; the caller holds the {@link AgentLock}, so a socket that is there is a dead agent's.
   */
  public static LocalServer start(RunFolder folder, Handler handler) throws IOException {
    folder.create();
    Files.deleteIfExists(folder.socket());
    ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.bind(UnixDomainSocketAddress.of(folder.socket()));
      Files.setPosixFilePermissions(folder.socket(), PosixFilePermissions.fromString("rw-------"));
    } catch (IOException e) {
      channel.close();
      throw new IOException("cannot listen on " + folder.socket() + ": " + e.getMessage(), e);
    }
    var server = new LocalServer(folder.socket(), channel, handler);
    daemon("shunt-local", server::serve);
    return server;
  }

  @Override
  public void close() throws IOException {
    server.close();
    Files.deleteIfExists(socket);
  }

  private void serve() {
    while (server.isOpen()) {
      try {
        SocketChannel client = server.accept();
        daemon("shunt-local-client", () -> converse(client));
      } catch (IOException e) {
        if (!server.isOpen()) {
          return;
        }
        // The client went away while it was accepted; the next one may stay.
      }
    }
  }

  private void converse(SocketChannel client) {
    try (client) {
      answerEachLine(client);
    } catch (IOException e) {
      // The client went away; nobody waits for the answer.
    }
  }

  private static void daemon(String name, Runnable task) {
    var thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  private void answerEachLine(SocketChannel client) throws IOException {
    var reader =
        new BufferedReader(
            new InputStreamReader(Channels.newInputStream(client), StandardCharsets.UTF_8));
    String line = readLine(reader);
    while (line != null) {
      byte[] answer = (Json.write(answer(line)) + "\n").getBytes(StandardCharsets.UTF_8);
      ByteBuffer buffer = ByteBuffer.wrap(answer);
      while (buffer.hasRemaining()) {
        client.write(buffer);
      }
      line = readLine(reader);
    }
  }

  private static @Nullable String readLine(BufferedReader reader) throws IOException {
    var line = new StringBuilder();
    for (int c = reader.read(); c >= 0; c = reader.read()) {
      if (c == '\n') {
        return line.toString();
      }
      if (line.length() >= MOST_REQUEST_CHARS) {
        throw new IOException("a request has more than " + MOST_REQUEST_CHARS + " characters");
      }
      line.append((char) c);
    }
    return null;
  }

  private Map<String, Object> answer(String line) {
    var answer = new LinkedHashMap<String, Object>();
    try {
      JsonObject request = Json.readObject(line);
      Map<String, Object> members = handler.answer(request.string("op"), request);
      answer.put("ok", true);
      answer.putAll(members);
    } catch (RequestRefusedException e) {
      answer.put("ok", false);
      answer.put("error", String.valueOf(e.getMessage()));
      answer.putAll(e.details);
    } catch (JsonException e) {
      answer.put("ok", false);
      answer.put("error", "not a request: " + e.getMessage());
    } catch (RuntimeException e) {
      answer.put("ok", false);
      answer.put("error", "the agent failed to answer: " + e);
    }
    return answer;
  }
}
