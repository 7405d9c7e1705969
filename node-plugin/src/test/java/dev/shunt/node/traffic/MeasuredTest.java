package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.Reason;
import dev.shunt.node.traffic.TrafficHost.Conducting;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What a rule says is faster by TCP leaves, and is measured there. How slow TCP is, a queue of
 * loopback says, which redirecting passes by: the machine does not matter.
 */
@OnBpfKernel
class MeasuredTest {
  private static final int PORT = 15001;
  private static final int MIB = 1 << 20;
  private static final int LARGE = 128 << 10;

  /** Of traffic, a good part of a second each: what is looked at is over after some. */
  private static final int ROUNDS = 60;

  /** Large ones, that their pace is known after, at whatever speed. */
  private static final int TURNS = 1000;

  /** At what TCP does, a twentieth of a second apart: as long as a trial lasts at most. */
  private static final int LOOKS = 60;

  /** Rounds after it came back, in less time than it is spared for. */
  private static final int MORE = 4;

  @RegisterExtension final TrafficHost host = new TrafficHost(Conducting.BY_HAND);
  private Namespace namespace;
  private Puppet client;
  private Puppet server;

  private interface Traffic {
    void flows() throws IOException;
  }

  @BeforeEach
  void connect() throws Exception {
    namespace = host.namespace();
    client = host.puppet(namespace);
    server = host.puppet(namespace);
    host.acceleratesFromTheFirstByte();
    client.does("cpu 0");
    server.does("cpu -1");
    server.does("listen l 127.0.0.1 " + PORT + " polling");
    server.opens(client, "a", "l", PORT, "polling");
  }

  @Test
  void smallWritesThatTcpGathersComeBackWhereItIsSlowerAllTheSame() throws Exception {
    leaves(() -> stream(32 * MIB, 1024));
    comesBack("40mbit", () -> stream(2 * MIB, 1024));
    for (int i = 0; i < MORE; i++) {
      isRedirected(() -> stream(32 * MIB, 1024));
      assertThat(host.reasons()).isEmpty();
    }
  }

  @Test
  void largeTurnsBetweenTwoCpusComeBackWhereTcpIsSlower() throws Exception {
    assumeThat(Runtime.getRuntime().availableProcessors()).isGreaterThan(1);
    leaves(() -> trade(TURNS));
    comesBack("160mbit", () -> trade(20));
    int left = 0; // for what the other end sends is looked at, and measured, by itself
    for (int i = 0; i < MORE; i++) {
      isRedirected(() -> trade(TURNS));
      if (!host.reasons().isEmpty()) {
        left++;
        comesBack("160mbit", () -> trade(20));
      }
    }
    assertThat(left).isLessThanOrEqualTo(1);
  }

  @Test
  void aStreamBetweenTwoCpusThatNoRuleKnowsLeavesForATrialAndComesBack() throws Exception {
    assumeThat(Runtime.getRuntime().availableProcessors()).isGreaterThan(1);
    client.does("set a.client " + Puppet.NODELAY);
    leaves(() -> stream(64 * MIB, 16384));
    isTried();
    comesBack();
    for (int i = 0; i < MORE; i++) {
      isRedirected(() -> stream(32 * MIB, 16384));
      assertThat(host.reasons()).isEmpty();
    }
  }

  @Test
  void tinyWritesThatTcpGathersStayOutForItIsFaster() throws Exception {
    leaves(() -> stream(8 * MIB, 64));
    tcpCarries(() -> stream(8 * MIB, 64));
    conducts();
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.SLOWER_THAN_TCP, 1L));
    assertThat(host.socketsInSockhashes()).isZero();
    server.exchanges(client, "a");
  }

  /** It was redirected until then. */
  private void leaves(Traffic traffic) throws Exception {
    for (int i = 0; i < ROUNDS && host.reasons().isEmpty(); i++) {
      traffic.flows();
      conducts();
    }
    assertThat(host.reasons()).isEqualTo(Map.of(Reason.SLOWER_THAN_TCP, 1L));
    assertThat(host.socketsInSockhashes()).isZero();
    assertThat(redirected()).isPositive();
  }

  private void tcpCarries(Traffic traffic) throws Exception {
    long before = redirected();
    traffic.flows();
    assertThat(redirected()).isEqualTo(before);
  }

  /** Long before it would be tried again without being measured. */
  private void comesBack(String rate, Traffic traffic) throws Exception {
    slowsTcp(rate);
    tcpCarries(traffic);
    comesBack();
  }

  private void slowsTcp(String rate) throws Exception {
    String queue = "tc qdisc add dev lo root tbf rate " + rate + " burst 128kb latency 400ms";
    namespace.inside(queue.split(" "));
  }

  /** It is looked at while it sends, which takes TCP as long as all of the looks. */
  private void isTried() throws Exception {
    slowsTcp("160mbit");
    server.does("start t receive a.server " + 64 * MIB);
    client.does("start s stream a.client %d %d".formatted(64 * MIB, 16384));
    for (int i = 0; i < LOOKS && !host.reasons().isEmpty(); i++) {
      server.does("pause 0.05");
      server.conducts();
    }
    client.does("finish s");
    server.does("finish t");
  }

  private void comesBack() throws Exception {
    namespace.inside("tc", "qdisc", "delete", "dev", "lo", "root");
    conducts();
    assertThat(host.reasons()).isEmpty();
    assertThat(host.socketsInSockhashes()).isEqualTo(2);
  }

  private void isRedirected(Traffic traffic) throws Exception {
    long before = redirected();
    traffic.flows();
    assertThat(redirected()).isGreaterThan(before);
    conducts();
  }

  private void stream(int bytes, int message) throws IOException {
    server.does("start t receive a.server " + bytes);
    client.does("stream a.client %d %d".formatted(bytes, message));
    server.does("finish t");
  }

  private void trade(int times) throws IOException {
    server.does("start t trade a.server %d %d".formatted(times, LARGE));
    client.does("trade a.client %d %d begins".formatted(times, LARGE));
    server.does("finish t");
  }

  private void conducts() throws Exception {
    for (int i = 0; i < 4; i++) {
      server.conducts();
    }
  }

  private long redirected() throws Exception {
    return host.bytesRedirectedByOpenConnections();
  }
}
