package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.datapath.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Where redirecting does not pay, TCP carries the bytes; and how much may be unread. */
@OnBpfKernel
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
class PaceTest {
  /** Decisions follow what the scheduler does to two programs on one CPU, beside other work. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final long MIB = 1 << 20;

  /** One message beyond the limit, and what TCP's own window of 64 KiB lets through. */
  private static final long SLACK = 512 << 10;

  @RegisterExtension final TrafficHost host = new TrafficHost();
  private Namespace namespace;
  private String port = "";

  @BeforeEach
  void openNamespace() throws Exception {
    namespace = host.namespace();
  }

  @Test
  void aStreamOfSmallWritesOnOneCpuGoesByTcpAndComesBackWhenItAsksAndAnswers() throws Exception {
    host.apply(policy("Settled", "16Mi"));
    startSink();
    Program source = connect("ask", "stream", "ask");
    host.await("the connection enrolled", s -> s.acceleratedLive() == 1, PATIENCE);

    source.sendLine();
    host.await("TCP found faster", s -> s.acceleratedLive() == 0 && slower(s) == 1, PATIENCE);

    source.sendLine();
    DatapathStatus back =
        host.await("the connection enrolled again", s -> s.acceleratedLive() == 1, PATIENCE);
    assertThat(slower(back)).isZero();
    long before = back.redirectedMessages();
    host.await("messages redirected", s -> s.redirectedMessages() > before + 100, PATIENCE);

    source.sendLine();
    assertThat(source.end()).startsWith("sent ");
  }

  @Test
  void gustsOfLargeWritesOnOneCpuStayRedirected() throws Exception {
    host.apply(policy("Handshake", "16Mi"));
    startSink();
    Program source = connect("gust");
    DatapathStatus much =
        host.await("much redirected", s -> s.redirectedBytes() > 1024 * MIB, PATIENCE);
    assertThat(much.acceleratedLive()).isEqualTo(1);
    assertThat(slower(much)).isZero();
    source.sendLine();
    source.end();
  }

  @Test
  void aReaderMayHaveAsMuchUnreadAsItsPolicyAllows() throws Exception {
    Gust gust = connectToAStoppedReader();
    gust.begins();
    host.await("the queue full", s -> fillings(s) == 1, PATIENCE);
    assertThat(unread()).isBetween(4 * MIB, 4 * MIB + SLACK);
    gust.isReadOn();
    host.await("the queue read and filled again", s -> fillings(s) > 3, PATIENCE);
    gust.ends();
  }

  /** More than TCP may hold for it, and the segments that it sent already would be dropped. */
  @Test
  void aReaderMayHaveNoMoreUnreadThanItsReceiveBufferTakes() throws Exception {
    Gust gust = connectToAStoppedReader(Long.toString(MIB / 2));
    gust.begins();
    host.await("the queue full", s -> fillings(s) == 1, PATIENCE);
    assertThat(unread()).isBetween(MIB / 4, MIB); // the kernel takes SO_RCVBUF twice
    gust.isReadOn();
    host.await("the queue read and filled again", s -> fillings(s) > 3, PATIENCE);
    gust.ends();
  }

  /** TCP gives no socket more than it has, then: net.ipv4.tcp_mem, which is the whole host's. */
  @Test
  void aReaderMayHaveNoMoreUnreadThanItsReceiveBufferIsWhereTcpIsShortOfMemory() throws Exception {
    Gust gust = connectToAStoppedReader();
    HostSetting.edited(
        "net.ipv4.tcp_mem",
        "s/^[0-9]*/0/",
        () -> {
          gust.begins();
          host.await("the queue full", s -> fillings(s) == 1, PATIENCE);
        });
    assertThat(host.datapath().status().redirectedBytes()).isLessThan(MIB / 2);
    gust.isReadOn();
    gust.ends();
  }

  /** The kernel may charge it for nothing more, and what it does not charge fails with ENOMEM. */
  @Test
  void aReaderGetsNothingButByTcpWhereTcpHasNoMemory() throws Exception {
    Gust gust = connectToAStoppedReader();
    HostSetting.edited(
        "net.ipv4.tcp_mem",
        "s/^[0-9]*\\s*[0-9]*/0 0/",
        () -> {
          gust.begins();
          host.await("TCP at work", s -> fillings(s) == 1, PATIENCE);
        });
    assertThat(host.datapath().connections()).allMatch(c -> c.redirectedBytes() == 0);
    gust.isReadOn();
    gust.ends();
  }

  @Test
  void aStreamThatTcpCarriesIsTakenOutWhileItGoesOnAlthoughItsReaderNeverCatchesUp()
      throws Exception {
    host.apply(policy("Handshake", "4Ki"));
    startSink("65536"); // of megabytes it would never be at the end
    Program source = connect("pour", "ask");
    host.await("TCP found faster", s -> s.acceleratedLive() == 0 && slower(s) == 1, PATIENCE);
    source.sendLine();
    source.sendLine();
    source.end();
  }

  private record Gust(Program source, Program sink) {
    void begins() throws Exception {
      source.sendLine();
    }

    void isReadOn() throws Exception {
      sink.sendLine();
      sink.lineWith("reading");
    }

    void ends() throws Exception {
      source.sendLine();
      source.end();
    }
  }

  private Gust connectToAStoppedReader(String... receiveBuffer) throws Exception {
    host.apply(policy("Handshake", "4Mi"));
    Program sink = startSink(receiveBuffer);
    Program source = connect("rest", "gust");
    sink.sendLine();
    sink.lineWith("stopped");
    return new Gust(source, sink);
  }

  private Program startSink(String... receiveBuffer) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("sink"));
    arguments.addAll(List.of(receiveBuffer));
    Program sink = host.script("pace.py", namespace, arguments.toArray(String[]::new));
    port = sink.lineWith("listening").split(" ")[1];
    return sink;
  }

  private Program connect(String... phases) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("source", port));
    arguments.addAll(List.of(phases));
    Program source = host.script("pace.py", namespace, arguments.toArray(String[]::new));
    source.lineWith("connected");
    return source;
  }

  private static long slower(DatapathStatus status) {
    return status.reasons().getOrDefault(Reason.SLOWER_THAN_TCP, 0L);
  }

  private static long fillings(DatapathStatus status) {
    return status.fallbacks().getOrDefault(Reason.BACKLOG_BYTES, 0L);
  }

  /** What the kernel holds for the sink's program to read, redirected or not. */
  private long unread() throws Exception {
    String sockets =
        Command.run(
            namespace
                .wrap(List.of("ss", "-tmnH", "sport", "=", ":" + port))
                .toArray(String[]::new));
    Matcher memory = Pattern.compile("skmem:\\(r(\\d+)").matcher(sockets);
    long most = 0;
    while (memory.find()) {
      most = Math.max(most, Long.parseLong(memory.group(1)));
    }
    return most;
  }

  private static String policy(String enrolment, String backlog) {
    return """
    apiVersion: shunt.dev/v1alpha1
    kind: AccelerationPolicy
    metadata: {name: pace}
    spec:
      match: {cgroups: ["%CGROUP"]}
      enrolment: ENROLMENT
      limits: {backlogBytes: BACKLOG}
    """
        .replace("ENROLMENT", enrolment)
        .replace("BACKLOG", backlog);
  }
}
