package dev.shunt.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One connection over loopback in a cgroup and network namespace of its own, both ends in one
 * process that checks every byte.
 */
final class EchoPair implements AutoCloseable {

  private static final String PROGRAM =
      """
      import os, socket, sys
      listener = socket.socket()
      listener.bind(("127.0.0.1", %d))
      listener.listen()
      def move(cgroup):
          with open(cgroup + "/cgroup.procs", "w") as procs:
              procs.write("0")
      move("%s") # a socket stays in the cgroup that it was made in
      client = socket.socket()
      move("%s")
      client.connect(("127.0.0.1", %d))
      server, _ = listener.accept()
      print("connected", client.getsockname()[1], flush=True)
      def pass_on(a, b, data):
          a.sendall(data)
          got = b""
          while len(got) < len(data):
              got += b.recv(65536)
          assert got == data, "bytes differ"
      for line in sys.stdin:
          for _ in range(int(line)):
              data = os.urandom(1000)
              pass_on(client, server, data)
              pass_on(server, client, data)
          print("exchanged", flush=True)
      """;

  private final Process process;
  private final BufferedReader out;
  private final Writer in;
  private int clientPort;

  private EchoPair(Process process) {
    this.process = process;
    this.out = process.inputReader(StandardCharsets.UTF_8);
    this.in = process.outputWriter(StandardCharsets.UTF_8);
  }

  static EchoPair connect(Path cgroup, int port) throws IOException {
    return connect(cgroup, cgroup, port);
  }

  static EchoPair connect(Path clientCgroup, Path cgroup, int port) throws IOException {
    String join = "echo $$ > %s/cgroup.procs && ip link set lo up && exec python3 -c \"$0\"";
    var pair =
        new EchoPair(
            new ProcessBuilder(
                    "unshare",
                    "--net",
                    "sh",
                    "-c",
                    join.formatted(cgroup),
                    PROGRAM.formatted(port, clientCgroup, cgroup, port))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    String[] words = String.valueOf(pair.out.readLine()).split(" ");
    assertThat(words[0]).isEqualTo("connected");
    pair.clientPort = Integer.parseInt(words[1]);
    return pair;
  }

  long pid() {
    return process.pid();
  }

  int clientPort() {
    return clientPort;
  }

  /** Inode of its network namespace. */
  long networkNamespace() throws IOException {
    return (Long) Files.getAttribute(Path.of("/proc/%d/ns/net".formatted(pid())), "unix:ino");
  }

  /** Sends 1,000 bytes there and back that many times; fails when a byte differs. */
  void exchange(int times) throws IOException {
    in.write(times + "\n");
    in.flush();
    assertThat(out.readLine()).isEqualTo("exchanged");
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
