package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.datapath.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The cases of the tutorial that the project started from; with its program the first one fails
 * with EACCES.
 */
@OnBpfKernel
class TutorialTest {
  @RegisterExtension final TrafficHost host = new TrafficHost();
  private Namespace namespace;

  @BeforeEach
  void openNamespace() throws Exception {
    namespace = host.namespace();
  }

  /** The server listens on ::, the client is IPv4. What its reader cannot follow goes by TCP. */
  @Test
  void iperf3RunsToItsEnd() throws Exception {
    host.apply(policy(5001));
    Program server = host.start(namespace, "iperf3", "-s", "-1", "-p", "5001", "--forceflush");
    server.lineWith("Server listening");
    Program client =
        host.start(namespace, "iperf3", "-c", "127.0.0.1", "-t", "2", "-l", "64k", "-p", "5001");
    assertThat(client.end()).contains("iperf Done.");
    server.end();

    DatapathStatus status = host.await("both connections closed", s -> s.live() == 0);
    // the stream may be measured against TCP at its end, or be faster by it
    assertThat(status.accelerated() + status.reasons().get(Reason.SLOWER_THAN_TCP)).isEqualTo(2);
    assertThat(status.redirectedBytes()).isGreaterThan(10L << 20);
  }

  /** The file is smaller than what a reader may leave unread, so that TCP carries nothing. */
  @Test
  void curlGetsEveryByteOfPythonsHttpServerAndTheWireShowsOnlyHandshakeAndTeardown(
      @TempDir Path folder) throws Exception {
    byte[] content = new byte[1_000_000];
    new Random(7).nextBytes(content);
    Files.write(folder.resolve("file"), content);
    host.apply(policy(8000));
    Path capture = folder.resolve("capture.pcap");
    Program tcpdump =
        host.start(
            namespace,
            "tcpdump",
            "--immediate-mode",
            "-U",
            "-Z",
            "root",
            "-i",
            "lo",
            "-w",
            capture.toString(),
            "tcp port 8000");
    tcpdump.lineWith("tcpdump: listening");
    host.start(
            namespace,
            "python3",
            "-u",
            "-m",
            "http.server",
            "8000",
            "--bind",
            "::",
            "--directory",
            folder.toString())
        .lineWith("Serving HTTP");
    host.start(
            namespace,
            "curl",
            "-sS",
            "-o",
            folder.resolve("copy").toString(),
            "http://127.0.0.1:8000/file")
        .end();

    assertThat(folder.resolve("copy")).hasBinaryContent(content);
    DatapathStatus status = host.await("the connection closed", s -> s.live() == 0);
    assertThat(status.accelerated()).isEqualTo(1);
    assertThat(status.redirectedBytes()).isGreaterThan(content.length);
    tcpdump.interrupt();
    tcpdump.end();
    assertThat(packets(capture, "tcp-push")).as("packets with data").isZero();
    assertThat(packets(capture, "tcp-syn")).as("handshakes").isEqualTo(2);
  }

  private static long packets(Path capture, String flag) throws Exception {
    String filter = "tcp[tcpflags] & %s != 0".formatted(flag);
    return Command.run("tcpdump", "-nn", "-r", capture.toString(), filter)
        .lines()
        .filter(line -> line.contains("127.0.0.1"))
        .count();
  }

  private static String policy(int port) {
    return """
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata: {name: tutorial}
        spec: {enrolment: Handshake, match: {ports: ["PORT"], cgroups: ["%CGROUP"]}}
        """
        .replace("PORT", Integer.toString(port));
  }
}
