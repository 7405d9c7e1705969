package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.DatapathStatus;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every byte arrives and every byte was redirected, on each family and each route. */
@OnBpfKernel
class RedirectedTrafficTest {
  private static final Pattern RESULT = Pattern.compile("\"bytes\": (\\d+)");
  private static final int CONNECTIONS = 8;

  @RegisterExtension static final TrafficHost host = new TrafficHost();

  /** Where the two ends are, and what each sees of the other. */
  enum Route {
    LOOPBACK_V4("127.0.0.1", "127.0.0.1"),
    LOOPBACK_V6("::1", "::1"),
    /** What Java, Go, nginx and iperf3 open by default. */
    LOOPBACK_V4_TO_DUAL_STACK("::", "127.0.0.1"),
    VETH_V4("10.98.0.1", "10.98.0.1"),
    VETH_V6("fd00:98::1", "fd00:98::1"),
    VETH_V4_TO_DUAL_STACK("::", "10.98.0.1"),
    /** The client connects to port 80, iptables sends it to the proxy on 15001, as Istio does. */
    REDIRECT_V4("127.0.0.1", "127.0.0.1"),
    REDIRECT_V6("::1", "::1");

    final String listen;
    final String connect;

    Route(String listen, String connect) {
      this.listen = listen;
      this.connect = connect;
    }

    boolean crossesNamespaces() {
      return name().startsWith("VETH");
    }

    boolean isRedirected() {
      return name().startsWith("REDIRECT");
    }
  }

  @ParameterizedTest
  @EnumSource(Route.class)
  void everyByteIsRedirectedFromTheFirstOnWithHandshakeEnrolment(Route route) throws Exception {
    host.apply(policy("Handshake"));
    DatapathStatus before = host.datapath().status();
    Program client = connect(route);
    client.sendLine();
    long bytes = bytesOf(client.end());

    DatapathStatus after = host.await("every connection closed", s -> s.live() == 0);
    assertThat(after.accelerated() - before.accelerated()).isEqualTo(CONNECTIONS);
    assertThat(after.redirectedBytes() - before.redirectedBytes()).isEqualTo(bytes);
    assertThat(after.reasons()).isEqualTo(before.reasons());
  }

  @ParameterizedTest
  @EnumSource(Route.class)
  void connectionsAreRedirectedOnceTheySettled(Route route) throws Exception {
    host.apply(policy("Settled"));
    DatapathStatus before = host.datapath().status();
    Program client = connect(route);
    host.await("every connection enrolled", s -> s.acceleratedLive() == CONNECTIONS);
    client.sendLine();
    long bytes = bytesOf(client.end());

    DatapathStatus after = host.await("every connection closed", s -> s.live() == 0);
    assertThat(after.accelerated() - before.accelerated()).isEqualTo(CONNECTIONS);
    // The first message each way goes by TCP: it shows that its reader uses recv.
    assertThat(after.redirectedBytes() - before.redirectedBytes()).isBetween(bytes / 2, bytes);
    assertThat(after.reasons()).isEqualTo(before.reasons());
  }

  private Program connect(Route route) throws Exception {
    Namespace serverSide = host.namespace();
    Namespace clientSide = serverSide;
    if (route.crossesNamespaces()) {
      clientSide = host.namespace();
      boolean v6 = route.connect.contains(":");
      Namespace.join(
          serverSide, v6 ? "fd00:98::1/64" : "10.98.0.1/24",
          clientSide, v6 ? "fd00:98::2/64" : "10.98.0.2/24");
    }
    int port = 15001;
    if (route.isRedirected()) {
      serverSide.inside(
          route.connect.contains(":") ? "ip6tables" : "iptables",
          "-t",
          "nat",
          "-A",
          "OUTPUT",
          "-p",
          "tcp",
          "--dport",
          "80",
          "-j",
          "REDIRECT",
          "--to-ports",
          "15001");
      port = 80;
    }
    host.traffic(serverSide, "serve", "--address", route.listen, "--port", "15001")
        .lineWith("listening");
    Program client =
        host.traffic(
            clientSide,
            "exchange",
            "--address",
            route.connect,
            "--port",
            Integer.toString(port),
            "--connections",
            Integer.toString(CONNECTIONS),
            "--rounds",
            "30",
            "--use-once",
            "--wait-for-line");
    client.lineWith("connected");
    return client;
  }

  private static String policy(String enrolment) {
    // The client of a REDIRECTed connection sees port 80, its server 15001: each is judged on what
    // it sees.
    return """
    apiVersion: shunt.dev/v1alpha1
    kind: AccelerationPolicy
    metadata: {name: traffic}
    spec:
      match: {ports: ["80", "15001"], cgroups: ["%CGROUP"]}
      enrolment: ENROLMENT
    """
        .replace("ENROLMENT", enrolment);
  }

  private static long bytesOf(String result) {
    Matcher matcher = RESULT.matcher(result);
    assertThat(matcher.find()).as(result).isTrue();
    return Long.parseLong(matcher.group(1));
  }
}
