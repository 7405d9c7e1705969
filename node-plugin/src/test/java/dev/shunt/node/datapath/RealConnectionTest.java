package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The whole way from a policy to redirected bytes and back, with one connection whose both ends are
 * in this process.
 */
@OnBpfKernel
class RealConnectionTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final KernelInstaller installer = new KernelInstaller();
  private TestHost host;
  private ServerSocketChannel listener;
  private SocketChannel client;
  private SocketChannel server;
  private int round;

  @BeforeEach
  void prepare() throws IOException {
    host = new TestHost();
    host.moveIn();
    listener =
        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  @AfterEach
  void cleanUp() throws Exception {
    for (java.nio.channels.Channel channel :
        new java.nio.channels.Channel[] {client, server, listener}) {
      if (channel != null) {
        channel.close();
      }
    }
    host.moveOut();
    host.close();
  }

  @Test
  void aSettledConnectionIsAcceleratedThenDrainedAndEveryByteArrives() throws Exception {
    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      datapath.conduct(0.5);
      datapath.apply(policy("Settled"));
      connect();
      exchangeUntil(
          datapath, status -> status.acceleratedLive() == 1 && status.redirectedMessages() > 0);
      assertThat(datapath.status().problems()).isEmpty();
      assertThat(datapath.connections())
          .filteredOn(Connection::owner)
          .singleElement()
          .satisfies(
              c -> {
                assertThat(c.policy()).isEqualTo("real");
                assertThat(c.accelerated()).isTrue();
                assertThat(c.serverPort()).isEqualTo(port());
                assertThat(c.serverAddress()).isEqualTo(listenerAddress().getAddress());
              });

      datapath.setDraining(true);
      exchangeUntil(datapath, status -> status.acceleratedLive() == 0);
      assertThat(datapath.status().reasons()).containsEntry(Reason.DRAINING, 1L);
    }
  }

  @Test
  void aConnectionOlderThanThePolicyIsFoundAndAccelerated() throws Exception {
    connect();
    exchange();
    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      datapath.conduct(0.5);
      datapath.apply(policy("Settled"));
      exchangeUntil(
          datapath, status -> status.acceleratedLive() == 1 && status.redirectedMessages() > 0);

      datapath.apply(Policies.none());
      exchangeUntil(datapath, status -> status.acceleratedLive() == 0);
    }
  }

  @Test
  void anUninstallGivesTheConnectionBackToTcp() throws Exception {
    try (Datapath datapath = installer.installOrAdopt(host.options())) {
      datapath.conduct(0.5);
      datapath.apply(policy("Handshake"));
      connect();
      exchangeUntil(datapath, status -> status.redirectedMessages() > 0);
    }
    UninstallReport report = installer.uninstall(host.options());
    assertThat(report.acceleratedLive()).isZero();
    exchange();
  }

  private dev.shunt.policy.compile.CompiledPolicySet policy(String enrolment) throws IOException {
    return Policies.compile(
        """
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata: {name: real}
        spec:
          priority: 100
          action: Accelerate
          mode: Enforce
          enrolment: %s
          match:
            ports: ["%d"]
            cgroups: ["/%s"]
        """
            .formatted(enrolment, port(), host.cgroup().getFileName()));
  }

  private interface Wanted {
    boolean in(DatapathStatus status);
  }

  private void exchangeUntil(Datapath datapath, Wanted wanted) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      exchange();
      DatapathStatus status = datapath.status();
      if (wanted.in(status)) {
        return;
      }
      assertThat(System.nanoTime() - end)
          .as("gave up; %s; %s", status, datapath.connections())
          .isNegative();
    }
  }

  /** One message each way, compared byte by byte. */
  private void exchange() throws IOException {
    pass(client, server);
    pass(server, client);
  }

  private void pass(SocketChannel from, SocketChannel to) throws IOException {
    byte[] sent = new byte[1000];
    java.util.Arrays.fill(sent, (byte) ++round);
    ByteBuffer out = ByteBuffer.wrap(sent);
    while (out.hasRemaining()) {
      from.write(out);
    }
    ByteBuffer in = ByteBuffer.allocate(sent.length);
    try (Selector selector = Selector.open()) {
      to.register(selector, SelectionKey.OP_READ);
      while (in.hasRemaining()) {
        assertThat(selector.select(PATIENCE.toMillis()))
            .as("bytes that were sent arrive")
            .isPositive();
        selector.selectedKeys().clear();
        assertThat(to.read(in)).isNotNegative();
      }
    }
    assertThat(in.array()).isEqualTo(sent);
  }

  private void connect() throws IOException {
    client = SocketChannel.open(listener.getLocalAddress());
    server = listener.accept();
    client.configureBlocking(false);
    server.configureBlocking(false);
  }

  private InetSocketAddress listenerAddress() throws IOException {
    return (InetSocketAddress) listener.getLocalAddress();
  }

  private int port() throws IOException {
    return listenerAddress().getPort();
  }
}
