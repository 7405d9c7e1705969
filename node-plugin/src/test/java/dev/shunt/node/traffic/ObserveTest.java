package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.datapath.Reason;
import dev.shunt.policy.observe.Blocker;
import dev.shunt.policy.observe.Flow;
import dev.shunt.policy.observe.Observation;
import dev.shunt.policy.observe.Traffic;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** mode: Observe, on real sockets: it sees what they do, and touches none. */
@OnBpfKernel
class ObserveTest {
  private static final String POLICY =
      """
      apiVersion: shunt.dev/v1alpha1
      kind: AccelerationPolicy
      metadata: {name: watched}
      spec: {mode: Observe, match: {ports: ["15001"], cgroups: ["%CGROUP"]}}
      """;

  /** Both ends in one process, which does what the test says and ends when it is told to. */
  private static final String BEGIN =
      """
      import os, select, signal, socket, sys, threading, time
      listener = socket.socket()
      listener.bind(("127.0.0.1", 15001))
      listener.listen()
      client = socket.create_connection(("127.0.0.1", 15001))
      server, _ = listener.accept()
      def read(end, size):
          got = 0
          while got < size:
              select.select([end], [], [])
              got += len(end.recv(65536))
      """;

  private static final String END =
      """
      print("done", flush=True)
      sys.stdin.readline()
      """;

  private static final String EXCHANGE =
      """
      client.setblocking(False)
      server.setblocking(False)
      for i in range(3):
          client.send(b"x" * 100)
          read(server, 100)
          server.send(b"x" * 1000)
          read(client, 1000)
      client.send(b"x" * 20000)
      client.send(b"x" * 20000)
      read(server, 40000)
      time.sleep(0.1) # older than the test's settle time
      """;

  @RegisterExtension final TrafficHost host = new TrafficHost();

  @Test
  void countsMessagesByTheirSizeAndWhatWouldBeAcceleratedAndPutsNoSocketInASockhash()
      throws Exception {
    host.apply(POLICY);
    Program program = run(EXCHANGE);
    Observation open = seen();
    assertThat(host.socketsInSockhashes()).isZero();
    assertThat(open.open()).isEqualTo(1);
    assertThat(open.outcomes()).isEqualTo(Map.of("accelerated", 1L));

    end(program);
    Observation closed = seen();

    assertThat(closed.open()).isZero();
    assertThat(closed.outcomes()).isEqualTo(Map.of("accelerated", 1L));
    assertThat(closed.durations().subList(0, 2)).as("it slept 100 ms").containsExactly(0L, 0L);
    assertThat(closed.durations().stream().mapToLong(Long::longValue).sum()).isEqualTo(1);
    assertThat(closed.blockers()).isEmpty();
    for (Traffic traffic : List.of(open.accelerable(), closed.accelerable())) {
      assertThat(traffic.replies()).isEqualTo(List.of(3L, 3L, 0L, 1L, 0L, 0L));
      assertThat(traffic.streamed()).isEqualTo(List.of(0L, 0L, 0L, 1L, 0L, 0L));
      assertThat(traffic.sentBytes()).isEqualTo(43_300);
      assertThat(traffic.receivedBytes()).isEqualTo(43_300);
    }
    DatapathStatus status = host.datapath().status();
    assertThat(status.accelerated()).isZero();
    assertThat(status.redirectedMessages()).isZero();
    assertThat(status.reasons().get(Reason.OBSERVED_ONLY)).isEqualTo(1);
  }

  @Test
  void tellsWhoseSocketsBlockAndWhatTheyWereSeenDoing() throws Exception {
    host.apply(POLICY);
    end(
        run(
            """
            fired = threading.Event()
            signal.signal(signal.SIGALRM, lambda number, frame: fired.set())
            def sleep_in_recv():
                while open(f"/proc/self/task/{os.getpid()}/wchan").read() != "wait_woken":
                    time.sleep(0.01)
            def interrupt():
                sleep_in_recv()
                signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)
                fired.wait()
                sleep_in_recv()
                server.send(b"x" * 10)
            threading.Thread(target=interrupt).start()
            client.recv(10, socket.MSG_WAITALL)
            time.sleep(0.1) # older than the test's settle time
            client.shutdown(socket.SHUT_WR)
            assert server.recv(10) == b""
            """));
    Observation seen = seen();

    assertThat(seen.outcomes()).isEqualTo(Map.of("blocking_socket", 1L));
    assertThat(seen.blockers()).isEqualTo(List.of(new Blocker(host.cgroupPath(), 2, 1, 1, 1)));
  }

  @Test
  void seesWhoReadsWithSplice() throws Exception {
    host.apply(POLICY);
    end(
        run(
            """
            into, out = os.pipe()
            server.setblocking(False)
            client.send(b"x" * 10)
            client.setblocking(False)
            select.select([server], [], [])
            os.splice(server.fileno(), out, 10)
            time.sleep(0.1)
            """));
    assertThat(seen().outcomes()).isEqualTo(Map.of("splice_user", 1L));
  }

  @Test
  void aConnectionThatIsOverBeforeItSettledWouldNotHaveBeenEnrolled() throws Exception {
    host.reopens(Duration.ofHours(1));
    host.apply(POLICY);
    end(run(EXCHANGE));
    assertThat(seen().outcomes()).isEqualTo(Map.of("not_settled", 1L));
  }

  @Test
  void enforcingLaterAcceleratesWhatWasObserved() throws Exception {
    host.apply(POLICY);
    Program program = run(EXCHANGE);
    assertThat(seen().wouldBeAccelerated()).isEqualTo(1);
    host.apply(POLICY.replace("mode: Observe, ", ""));
    host.await("the open connection is enrolled", s -> s.acceleratedLive() == 1);
    end(program);
  }

  @Test
  void connectionsOlderThanTheirPolicyAreObservedFromThenOn() throws Exception {
    Program program =
        host.start(
            host.namespace(),
            "python3",
            "-c",
            BEGIN + "print('connected', flush=True)\nsys.stdin.readline()\n" + EXCHANGE + END);
    program.lineWith("connected");
    host.apply(POLICY);
    // Found by both ends' walks: only then is it counted, by the server's end.
    host.await("the old connection is found", s -> s.live() == 1);
    program.sendLine();
    program.lineWith("done");

    assertThat(seen().outcomes()).isEqualTo(Map.of("accelerated", 1L));
    assertThat(seen().accelerable().sentBytes()).isEqualTo(43_300);
    end(program);
  }

  @Test
  void whatWasSeenUnderAnotherSpecIsForgottenAndNothingElseIs() throws Exception {
    String other =
        """
        ---
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata: {name: other}
        spec: {mode: Observe, match: {ports: ["1"]}}
        """;
    host.apply(POLICY);
    end(run(EXCHANGE));
    end(run("client.send(b'x'); server.recv(1)\n"));
    host.apply(POLICY + other);
    Observation kept = seen();
    host.apply(POLICY.replace("spec: {", "spec: {priority: 7, ") + other);

    assertThat(kept.connections()).isEqualTo(2);
    assertThat(kept.blockers()).isNotEmpty();
    assertThat(seen()).isEqualTo(Observation.NONE);
  }

  @Test
  void listsOpenConnectionsAlsoWhereNoPolicyMatches() throws Exception {
    Program program = run(EXCHANGE);
    Flow unmatched = flow();
    host.apply(POLICY);
    host.await("the old connection is found", s -> s.live() == 1);
    Flow matched = flow();
    end(program);

    assertThat(unmatched.verdict()).isEqualTo(Flow.UNMATCHED);
    assertThat(unmatched.would()).as("nobody tried").isNull();
    assertThat(unmatched.isLocal()).isTrue();
    assertThat(Objects.requireNonNull(unmatched.server()).view().cgroup())
        .hasToString(host.cgroupPath());
    assertThat(Objects.requireNonNull(unmatched.client()).obstacles()).isEmpty();
    assertThat(matched.verdict()).isEqualTo("observed_only");
  }

  private Flow flow() throws Exception {
    List<Flow> flows =
        host.datapath().insight().flows().flows().stream()
            .filter(flow -> flow.anyEnd().view().serverPort() == 15_001)
            .filter(flow -> flow.anyEnd().view().cgroup().toString().equals(host.cgroupPath()))
            .toList();
    assertThat(flows).hasSize(1);
    return flows.get(0);
  }

  private Program run(String steps) throws Exception {
    Program program = host.start(host.namespace(), "python3", "-c", BEGIN + steps + END);
    program.lineWith("done");
    return program;
  }

  private void end(Program program) throws Exception {
    program.sendLine();
    program.end();
    host.await("it closed", s -> s.live() == 0);
  }

  private Observation seen() throws Exception {
    return host.datapath().insight().observations().getOrDefault("watched", Observation.NONE);
  }
}
