package dev.shunt.node.datapath;

import dev.shunt.node.json.Json;
import dev.shunt.policy.CgroupPath;
import dev.shunt.policy.Cidr;
import dev.shunt.policy.IpAddress;
import dev.shunt.policy.IpAddress.Family;
import dev.shunt.policy.match.SocketView;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Real connections between any addresses and any cgroups below the test's, made by a process in a
 * network namespace of its own.
 */
final class RealConnections implements AutoCloseable {
  /** Where an address must lie so that a connection can have it. */
  static final List<Cidr> NETWORKS =
      List.of(
          Cidr.parse("10.0.0.0/8"),
          Cidr.parse("127.0.0.1/32"),
          Cidr.parse("127.0.0.0/9"),
          Cidr.parse("fd00::/8"),
          Cidr.parse("::1/128"));

  /**
   * One connection to make. The two ends see the same addresses and the same port; each has its own
   * cgroup, below the test's.
   *
   * @param clientMapped whether the client is an IPv6 socket with an IPv4-mapped address
   * @param serverMapped likewise, of the listener
   */
  record Wanted(
      int port,
      IpAddress client,
      IpAddress server,
      CgroupPath clientCgroup,
      CgroupPath serverCgroup,
      boolean clientMapped,
      boolean serverMapped) {

    SocketView clientEnd() {
      return new SocketView(port, client, server, clientCgroup);
    }

    SocketView serverEnd() {
      return new SocketView(port, client, server, serverCgroup);
    }
  }

  private final TestHost host;
  private final Process process;
  private final BufferedReader answers;
  private final Writer requests;

  RealConnections(TestHost host) throws IOException {
    this.host = host;
    process =
        new ProcessBuilder(
                "unshare", "--net", "python3", script().toString(), host.home().toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    answers = process.inputReader(StandardCharsets.UTF_8);
    requests = process.outputWriter(StandardCharsets.UTF_8);
    if (!"ready".equals(answers.readLine())) {
      throw new AssertionError("connections.py did not start");
    }
  }

  /** Opens connections, which stay open; answers the client's port of each. */
  List<Integer> open(List<Wanted> wanted) throws IOException {
    List<Map<String, Object>> open = new ArrayList<>();
    for (Wanted one : wanted) {
      boolean v4 = one.client.family() == Family.V4;
      Map<String, Object> request = new LinkedHashMap<>();
      request.put("client", one.client.toString());
      request.put("server", one.server.toString());
      request.put("port", one.port);
      request.put("client_cgroup", folder(one.clientCgroup));
      request.put("server_cgroup", folder(one.serverCgroup));
      request.put("client_mapped", v4 && one.clientMapped);
      request.put("server_mapped", v4 && one.serverMapped);
      open.add(request);
    }
    return ask(Map.of("open", open));
  }

  /**
   * Makes so many cgroups at once, each with a process whose first connection is then open; answers
   * the port of each client.
   */
  List<Integer> burst(int count, String below) throws IOException {
    return ask(Map.of("burst", host.cgroup().toString(), "count", count, "below", below));
  }

  /** Opens and closes connections one after the other, all in one cgroup. */
  void churn(List<Wanted> wanted) throws IOException {
    List<List<Object>> churn =
        wanted.stream()
            .map(one -> List.<Object>of(one.client.toString(), one.server.toString(), one.port))
            .toList();
    ask(Map.of("churn", churn, "cgroup", folder(wanted.get(0).clientCgroup)));
  }

  /** Closes whatever is open, and removes the cgroups below the test's. */
  void closeAll() throws IOException {
    ask(Map.of("close", true));
    removeBelow(host.cgroup());
  }

  private String folder(CgroupPath path) throws IOException {
    Path folder = host.root();
    for (String component : path.components()) {
      folder = folder.resolve(component);
    }
    return Files.createDirectories(folder).toString();
  }

  private List<Integer> ask(Map<String, Object> request) throws IOException {
    requests.write(Json.write(request) + "\n");
    requests.flush();
    String answer = answers.readLine();
    if (answer == null) {
      throw new AssertionError("connections.py ended; its error is on standard error");
    }
    return Pattern.compile(" ")
        .splitAsStream(answer)
        .filter(n -> !n.isEmpty())
        .map(Integer::valueOf)
        .toList();
  }

  private static Path script() throws IOException {
    Path script = Files.createTempFile("shunt-connections", ".py");
    script.toFile().deleteOnExit();
    try (var in = RealConnections.class.getResourceAsStream("connections.py")) {
      Files.write(script, Objects.requireNonNull(in).readAllBytes());
    }
    return script;
  }

  private static void removeBelow(Path cgroup) throws IOException {
    Files.walkFileTree(
        cgroup,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult postVisitDirectory(Path folder, IOException e) throws IOException {
            if (!folder.equals(cgroup)) {
              awaitEmpty(folder);
              Files.delete(folder);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Processes whose parent ended a moment ago may not have ended yet. */
  private static void awaitEmpty(Path cgroup) throws IOException {
    Instant patience = Instant.now().plus(Duration.ofSeconds(30));
    while (Files.readString(cgroup.resolve("cgroup.events")).contains("populated 1")
        && Instant.now().isBefore(patience)) {
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly().onExit().join();
    removeBelow(host.cgroup());
  }
}
