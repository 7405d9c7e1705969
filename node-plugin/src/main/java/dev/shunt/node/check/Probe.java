package dev.shunt.node.check;

import dev.shunt.node.bpf.BpfException;
import dev.shunt.node.bpf.NetworkNamespaces;
import dev.shunt.node.bpf.RawSocket;
import dev.shunt.node.check.CheckLine.Effect;
import dev.shunt.node.datapath.DatapathException;
import dev.shunt.node.datapath.DatapathStatus.Counters;
import dev.shunt.node.datapath.PrivateDatapath;
import dev.shunt.node.datapath.Reason;
import dev.shunt.policy.compile.CompiledPolicySet;
import dev.shunt.policy.compile.PolicyCompiler;
import dev.shunt.policy.parse.PolicyParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tries this version's programs on connections of its own, in a cgroup and a network namespace of
 * its own. Nothing is pinned or named but the cgroup, so that nothing outlives the process.
 */
final class Probe {
  private static final String ASK = "report this kernel, with this output";

  /** Two or three walks are enough; this is for a machine that is very busy. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final Duration BETWEEN_WALKS = Duration.ofMillis(1);

  private final List<CheckLine> lines = new ArrayList<>();

  private Probe() {}

  /** Runs on a thread of its own, whose namespace ends with it. */
  static List<CheckLine> run() throws InterruptedException {
    Probe probe = new Probe();
    Thread thread = new Thread(probe::runHere, "shunt-check");
    thread.start();
    thread.join();
    return List.copyOf(probe.lines);
  }

  private void runHere() {
    String tried = "a cgroup and a network namespace for the probe";
    try (ProbeCgroup cgroup = ProbeCgroup.enter()) {
      NetworkNamespaces.enterNew();
      lines.add(CheckLine.full("probe", tried, "made, and removed afterwards"));
      tryPrograms(cgroup.path());
    } catch (IOException | BpfException e) {
      lines.add(
          new CheckLine(
              "probe",
              tried,
              "cannot be made: " + e.getMessage(),
              Effect.FULL,
              "the programs are not tried on this kernel before they are used"));
    }
  }

  private void tryPrograms(Path cgroup) {
    String tried = "loading the programs and attaching them";
    long started = System.nanoTime();
    try (PrivateDatapath datapath = PrivateDatapath.open(cgroup);
        RawSocket first = RawSocket.listen();
        RawSocket second = RawSocket.listen()) {
      datapath.apply(policies(first.port(), second.port()));
      lines.add(
          CheckLine.full(
              "programs",
              tried,
              "verified and attached in %d ms, to sockhashes by %s"
                  .formatted(
                      (System.nanoTime() - started) / 1_000_000,
                      datapath.hasSocketLinks() ? "links" : "the maps themselves")));
      tryConnections(datapath, first, second);
    } catch (DatapathException e) {
      String log = e.kernelLog().strip();
      String last = log.isEmpty() ? "" : ": " + log.substring(log.lastIndexOf('\n') + 1);
      lines.add(CheckLine.refuse("programs", tried, e.getMessage() + last, ASK));
    }
  }

  private void tryConnections(PrivateDatapath datapath, RawSocket first, RawSocket second) {
    try (RawSocket settledClient = RawSocket.connect(second.port());
        RawSocket settledServer = second.accept()) {
      boolean settled = false;
      try (RawSocket client = RawSocket.connect(first.port());
          RawSocket server = first.accept()) {
        if (!tryPairing(datapath)) {
          return;
        }
        tryRedirecting(datapath, client, server);
        settled = trySettled(datapath, settledClient, settledServer);
        // After Settled was tried: it stays away from cgroups whose programs were seen to splice.
        line(
            "splice",
            "splice(2) while redirected data waits",
            Effect.FULL,
            () -> splice(client, server));
        line(
            "half-close",
            "shutdown, then an answer",
            Effect.REFUSE,
            () -> halfClose(client, server));
      }
      if (settled) {
        tryLeaving(datapath, settledClient, settledServer);
      }
    } catch (BpfException | IllegalStateException e) {
      lines.add(
          CheckLine.refuse(
              "pairing", "connections over loopback", String.valueOf(e.getMessage()), ASK));
    }
  }

  private boolean tryPairing(PrivateDatapath datapath) {
    return line(
        "pairing",
        "a loopback connection, enrolled at its handshake",
        Effect.REFUSE,
        () -> {
          Counters counters = datapath.counters();
          expect(counters.acceleratedLive() == 1, "not enrolled: " + reasons(counters));
          return "the two ends found each other";
        });
  }

  private void tryRedirecting(PrivateDatapath datapath, RawSocket client, RawSocket server) {
    line(
        "redirect",
        "one message over it",
        Effect.REFUSE,
        () -> {
          client.send("first");
          expectText("first", server.receive(5));
          Counters counters = datapath.counters();
          expect(counters.redirectedBytes() == 5, "it arrived by TCP: " + reasons(counters));
          return "its 5 bytes skipped TCP";
        });
    line("fionread", "FIONREAD, then more by TCP", Effect.FULL, () -> fionread(client, server));
    line(
        "order",
        "reading what was redirected, and what came by TCP behind it",
        Effect.REFUSE,
        () -> {
          expectText("secondthird", server.receive(11));
          return "in the order of sending";
        });
    line(
        "backlog",
        "whether the unread message was seen by the next send",
        Effect.REFUSE,
        () -> {
          Long seen = datapath.counters().fallbacks().get(Reason.BACKLOG_MESSAGES);
          expect(
              seen != null && seen == 1,
              "what waits at a receiver cannot be read (sk_rmem_alloc), so memory would be unbounded");
          return "the next one took TCP, which limits the sender";
        });
  }

  private static String fionread(RawSocket client, RawSocket server) {
    client.send("second");
    server.awaitReadable();
    int redirected = server.available();
    client.send("third");
    int both = server.available();
    return "says %d of 6 redirected bytes, and %d of 11 with TCP's behind them"
        .formatted(redirected, both);
  }

  private static String splice(RawSocket client, RawSocket server) {
    client.send("fourth");
    server.awaitReadable();
    Integer spliced = server.splice();
    if (spliced != null) {
      return "takes %d of 6 bytes".formatted(spliced);
    }
    expectText("fourth", server.receive(6));
    return "does not see it, so programs that splice are left to TCP";
  }

  private static String halfClose(RawSocket client, RawSocket server) {
    client.send("last");
    client.finish();
    expectText("last", server.receive(4));
    expectText("", server.receive());
    server.send("answer");
    expectText("answer", client.receive(6));
    expect(client.isBrokenPipe("more"), "a send after shutdown was not refused");
    return "the end came after the data, the answer arrived, a further send was refused";
  }

  /** What tending connections needs; true when all of it works. */
  private boolean trySettled(PrivateDatapath datapath, RawSocket client, RawSocket server) {
    boolean tended =
        line(
            "walk",
            "a walk through the sockets of a network namespace (iter/tcp)",
            Effect.HANDSHAKE_ONLY,
            () -> {
              datapath.walk();
              return possible(datapath.iteratorProblem());
            });
    boolean seen =
        line(
            "reader",
            "seeing how sockets are read (tp_btf/tcp_rcv_space_adjust)",
            Effect.HANDSHAKE_ONLY,
            () -> possible(datapath.readerProblem()));
    return tended
        && seen
        && line(
            "settled",
            "a connection that is enrolled once it is proven safe",
            Effect.HANDSHAKE_ONLY,
            () -> {
              talk(client, server);
              int walks = walkUntil(datapath, () -> datapath.counters().acceleratedLive() == 2);
              long before = datapath.counters().redirectedMessages();
              talk(client, server);
              expect(
                  datapath.counters().redirectedMessages() > before,
                  "enrolled, but not redirected");
              return "enrolled after %d walks, then redirected".formatted(walks);
            });
  }

  private void tryLeaving(PrivateDatapath datapath, RawSocket client, RawSocket server) {
    line(
        "leaving",
        "giving it back to TCP while a message waits",
        Effect.REFUSE,
        () -> {
          client.send("unread");
          datapath.drain();
          datapath.walk();
          expectText("unread", server.receive(6));
          walkUntil(datapath, datapath::isDrained);
          talk(client, server);
          return "no byte was lost";
        });
  }

  private static void talk(RawSocket client, RawSocket server) {
    client.send("question");
    expectText("question", server.receive(8));
    server.send("answer");
    expectText("answer", client.receive(6));
  }

  private interface Condition {
    boolean holds();
  }

  private static int walkUntil(PrivateDatapath datapath, Condition condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    for (int walks = 1; ; walks++) {
      datapath.walk();
      if (condition.holds()) {
        return walks;
      }
      expect(
          System.nanoTime() - end < 0,
          "not after %d walks: %s".formatted(walks, reasons(datapath.counters())));
      LockSupport.parkNanos(BETWEEN_WALKS.toNanos());
    }
  }

  private static String possible(@Nullable String problem) {
    expect(problem == null, String.valueOf(problem));
    return "works";
  }

  /** Something of the kernel is not as Shunt needs it. */
  private static final class Unfit extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unfit(String seen) {
      super(seen);
    }
  }

  private static void expect(boolean condition, String otherwise) {
    if (!condition) {
      throw new Unfit(otherwise);
    }
  }

  private static void expectText(String expected, String found) {
    expect(expected.equals(found), "expected to read '%s', found '%s'".formatted(expected, found));
  }

  private interface Step {
    String see();
  }

  private boolean line(String name, String tried, Effect otherwise, Step step) {
    try {
      lines.add(CheckLine.full(name, tried, step.see()));
      return true;
    } catch (Unfit | BpfException | IllegalStateException e) {
      lines.add(
          new CheckLine(
              name,
              tried,
              String.valueOf(e.getMessage()),
              otherwise,
              otherwise == Effect.FULL ? "" : ASK));
      return false;
    }
  }

  private static String reasons(Counters counters) {
    return counters.reasons().entrySet().stream()
        .filter(entry -> entry.getValue() > 0)
        .map(Map.Entry::getKey)
        .map(reason -> reason.name().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(", "));
  }

  /** One message may wait unread, so that the second shows the guard. */
  private static CompiledPolicySet policies(int handshake, int settled) {
    String document =
        """
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata: {name: %s}
        spec:
          enrolment: %s
          match: {ports: ["%d"], servers: ["127.0.0.1/32"]}
          limits: {backlogMessages: %d}
        """;
    String both =
        document.formatted("probe-handshake", "Handshake", handshake, 1)
            + "---\n"
            + document.formatted("probe-settled", "Settled", settled, 1024);
    return PolicyCompiler.compile(
        PolicyParser.parse(both.getBytes(StandardCharsets.UTF_8)).policies());
  }
}
