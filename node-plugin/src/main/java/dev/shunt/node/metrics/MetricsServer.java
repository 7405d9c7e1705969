package dev.shunt.node.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** Serves {@code /metrics}, {@code /livez} and {@code /readyz} over plain HTTP. */
public final class MetricsServer implements AutoCloseable {

  private final HttpServer server;
  private final ExecutorService executor;

  private MetricsServer(HttpServer server, ExecutorService executor) {
    this.server = server;
    this.executor = executor;
  }

  /** One line of {@code /readyz}. */
  public record Readiness(boolean ready, String sentence) {}

  /**
   * Listens on every address.
   *
   * @param port 0 takes a free one
   * @throws IOException with a sentence when the port is taken
   */
  public static MetricsServer start(
      int port, Supplier<String> metrics, Supplier<Readiness> readiness) throws IOException {
    HttpServer server;
    try {
      server = HttpServer.create(new InetSocketAddress(port), 16);
    } catch (IOException e) {
      throw new IOException(
          "cannot listen on port %d for metrics (%s); choose another with --metrics-port, or 0 for none"
              .formatted(port, e.getMessage()),
          e);
    }
    ExecutorService executor =
        Executors.newSingleThreadExecutor(
            task -> {
              var thread = new Thread(task, "shunt-metrics");
              thread.setDaemon(true);
              return thread;
            });
    server.setExecutor(executor);
    server.createContext(
        "/metrics",
        exchange -> answer(exchange, "/metrics", 200, MetricsText.CONTENT_TYPE, metrics.get()));
    server.createContext(
        "/livez", exchange -> answer(exchange, "/livez", 200, "text/plain", "ok\n"));
    server.createContext(
        "/readyz",
        exchange -> {
          Readiness now = readiness.get();
          answer(exchange, "/readyz", now.ready() ? 200 : 503, "text/plain", now.sentence() + "\n");
        });
    server.start();
    return new MetricsServer(server, executor);
  }

  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    executor.shutdownNow();
  }

  /** A context also gets every path below it. */
  private static void answer(
      HttpExchange exchange, String path, int status, String type, String body) throws IOException {
    try (exchange) {
      boolean known = exchange.getRequestURI().getPath().equals(path);
      boolean get = exchange.getRequestMethod().equals("GET");
      byte[] bytes = (known && get ? body : "not here\n").getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", known ? type : "text/plain");
      exchange.sendResponseHeaders(known ? (get ? status : 405) : 404, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }
}
