package dev.shunt.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.bpf.OnBpfKernel;
import dev.shunt.node.datapath.DatapathStatus;
import dev.shunt.node.datapath.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that ask once and close cost more to watch than redirecting saves. */
@OnBpfKernel
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
class HastyListenerTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int KEPT = 64; // hasty.py
  private static final int TRIES = 4;
  private static final String BYPASS =
      """
      ---
      apiVersion: shunt.dev/v1alpha1
      kind: AccelerationPolicy
      metadata: {name: bypassed}
      spec: {action: Bypass, match: {cgroups: ["%CGROUP/bypassed"]}}
      """;

  @RegisterExtension final TrafficHost host = new TrafficHost();
  private Namespace namespace;

  @BeforeEach
  void openNamespace() throws Exception {
    namespace = host.namespace();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Settled", "Handshake"})
  void aListenerWithManyShortConnectionsIsLeftToTcpUntilTheyLastAndEachIsCountedOnce(
      String enrolment) throws Exception {
    host.apply(policy(enrolment));
    Program client = beginShortOnes("client", "server");
    Ended shortOnes = endShortOnes(client);
    assertThat(left(shortOnes.status()))
        .as("some are watched all the same")
        .isLessThan(shortOnes.made());

    client.sendLine();
    host.await("connections that last accelerated", s -> s.acceleratedLive() >= 3, PATIENCE);
    client.sendLine();
    client.end();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Settled", "Handshake"})
  void aListenerThatWaitsForTheFirstByteIsLeftToTcpAsWell(String enrolment) throws Exception {
    host.apply(policy(enrolment));
    Program client = beginShortOnes("client", "server", "defer");
    endShortOnes(client);
    endClient(client);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Settled", "Handshake"})
  void aConnectionOfAClientThatCannotTakePartCountsOnceUnderThatThoughItIsLeftAlone(
      String enrolment) throws Exception {
    host.apply(policy(enrolment) + BYPASS);
    Program server = host.script("hasty.py", namespace, "server");
    String port = server.lineWith("listening").split(" ")[1];
    Program client = host.script("hasty.py", namespace, "client", port);
    Puppet bypassed = host.puppet(namespace, "bypassed");
    Puppet remote = host.remotePuppet(namespace);

    for (int i = 0; i < 4; i++) {
      long before = left(host.datapath().status());
      host.await("connections left alone again", s -> left(s) > before + 200, PATIENCE);
      for (Puppet puppet : List.of(remote, bypassed)) {
        puppet.does("connect a 127.0.0.1 " + port + " polling");
        puppet.does("close a.client");
      }
    }
    client.sendLine();
    long made = made(client);
    DatapathStatus settled = host.await("all of them closed", s -> s.live() == 0, PATIENCE);
    assertThat(settled.reasons())
        .containsEntry(Reason.REMOTE_PEER, 4L)
        .containsEntry(Reason.PEER_NOT_CONSENTING, 4L);
    assertThat(counted(settled)).isEqualTo(made + 8);
    endClient(client);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Settled", "Handshake"})
  void oneThatWasLeftAloneAndLastsIsAcceleratedAndCountsOnce(String enrolment) throws Exception {
    host.apply(policy(enrolment));
    Program keeper = keeperOfConnectionsThatWereLeftAlone();
    keeper.sendLine();
    long made = made(keeper);

    DatapathStatus found =
        host.await(
            "every connection that lasts accelerated",
            s -> s.acceleratedLive() == KEPT && s.live() == KEPT,
            PATIENCE);
    assertThat(counted(found)).isEqualTo(made);
    assertThat(counted(closed(keeper))).isEqualTo(made);
  }

  @Test
  void whereManyLastThatWereLeftAloneOthersStillAre() throws Exception {
    int kept = 8 * KEPT; // half as many as there are first slots: four in ten find theirs taken
    reopensWhereNobodySettles();
    host.apply(policy("Settled"));
    Program keeper = beginShortOnes(List.of(Integer.toString(kept)), "keeper", "server");
    keeper.sendLine();
    DatapathStatus before = furtherLeftAlone(4 * kept);
    DatapathStatus after = furtherLeftAlone(2000);
    assertThat(left(after) - left(before))
        .as("of those that are made meanwhile")
        .isGreaterThan((counted(after) - counted(before)) * 3 / 4);
    keeper.sendLine();
    long made = made(keeper);
    assertThat(counted(closed(keeper))).isEqualTo(made);
  }

  @ParameterizedTest
  @ValueSource(strings = {"all", "hasty"})
  void oneThatWasLeftAloneAndLastsCountsOnceWhenThePolicyChanges(String nameAfter)
      throws Exception {
    reopensWhereNobodySettles();
    host.apply(policy("Handshake"));
    Program keeper = keeperOfConnectionsThatWereLeftAlone();
    host.apply(
        policy("Handshake")
            .replace("match:", "action: Bypass\n  match:")
            .replace("hasty", nameAfter));
    keeper.sendLine();
    long made = made(keeper);

    DatapathStatus found =
        host.await(
            "every connection that lasts bypassed, and none looked for any more",
            s -> s.live() == KEPT && bypassedLive(s, nameAfter) == KEPT,
            PATIENCE);
    assertThat(counted(found)).isEqualTo(made);
    assertThat(counted(closed(keeper))).isEqualTo(made);
  }

  @Test
  void burstsOfShortOnesAreLeftAloneFromTheirBeginningAndAnIdlePoolAfterThemIsAccelerated()
      throws Exception {
    host.apply(policy("Settled"));
    Pool pool = poolAfterBurstsThatAreLeftAlone(KEPT);

    DatapathStatus found =
        host.await(
            "the whole pool accelerated",
            s -> s.acceleratedLive() == KEPT && s.live() == KEPT,
            PATIENCE);
    assertThat(counted(found)).isEqualTo(pool.made());
    assertThat(counted(closed(pool.client()))).isEqualTo(pool.made());
  }

  @Test
  void aPoolAfterBurstsOfFewerIsMostlyWatched() throws Exception {
    int size = 10 * KEPT;
    reopensWhereNobodySettles();
    host.apply(policy("Settled"));
    Pool pool = poolAfterBurstsThatAreLeftAlone(size);

    host.await(
        "most of the pool watched, and nobody else",
        s -> s.live() <= size && s.live() > size / 2,
        PATIENCE);
    assertThat(counted(closed(pool.client()))).isEqualTo(pool.made());
  }

  @Test
  void withHandshakeABurstIsRedirectedUntilItShowsThatItIsShort() throws Exception {
    host.apply(policy("Handshake"));
    Program client = beginBursts(KEPT);
    client.sendLine();
    DatapathStatus before = host.datapath().status();
    DatapathStatus after =
        host.await(
            "bursts redirected", s -> s.accelerated() > before.accelerated() + 8 * KEPT, PATIENCE);
    assertThat(after.accelerated() - before.accelerated())
        .isGreaterThan(left(after) - left(before));
    client.sendLine();
    long made = made(client);
    assertThat(counted(closed(client))).isEqualTo(made);
  }

  /** So that a walk meets none of those that were left alone. */
  private void reopensWhereNobodySettles() throws Exception {
    host.reopens(Duration.ofMinutes(5));
    openNamespace();
  }

  private DatapathStatus closed(Program keeper) throws Exception {
    keeper.sendLine();
    keeper.end();
    return host.await("all of them closed", s -> s.live() == 0, PATIENCE);
  }

  private Program keeperOfConnectionsThatWereLeftAlone() throws Exception {
    Program keeper = beginShortOnes("keeper", "server");
    keeper.sendLine();
    furtherLeftAlone(2000);
    return keeper;
  }

  private DatapathStatus furtherLeftAlone(int count) throws Exception {
    long before = left(host.datapath().status());
    return host.await("more left alone", s -> left(s) > before + count, PATIENCE);
  }

  /**
   * Short ones until many were left alone; bursts of KEPT at the next line, a pool at the one
   * after.
   */
  private Program beginBursts(int pool) throws Exception {
    return beginShortOnes(
        List.of(Integer.toString(KEPT), Integer.toString(pool)), "bursts", "server");
  }

  /** What a client opened last, and how many connections it and others before it made. */
  private record Pool(Program client, long made) {}

  /**
   * On a machine that stalls one of a burst may last, which ends the haste; bursts that are so
   * small do not bring it back, so another client begins.
   */
  private Pool poolAfterBurstsThatAreLeftAlone(int size) throws Exception {
    long made = 0;
    for (int tries = 1; ; tries++) {
      Program client = beginBursts(size);
      client.sendLine();
      long before = left(host.datapath().status());
      AssertionError stalled = null;
      try {
        host.await(
            "several bursts left alone",
            s -> left(s) > before + 8 * KEPT,
            PATIENCE.dividedBy(TRIES));
      } catch (AssertionError e) {
        stalled = e;
      }
      if (stalled != null && tries == TRIES) {
        throw stalled;
      }
      client.sendLine();
      made += made(client);
      if (stalled == null) {
        return new Pool(client, made);
      }
      closed(client);
    }
  }

  private Program beginShortOnes(String role, String... server) throws Exception {
    return beginShortOnes(List.of(), role, server);
  }

  /**
   * Until many of them were left alone. How many that is of all depends on the pauses in between.
   */
  private Program beginShortOnes(List<String> options, String role, String... server)
      throws Exception {
    String port = host.script("hasty.py", namespace, server).lineWith("listening").split(" ")[1];
    List<String> arguments = new ArrayList<>(List.of(role, port));
    arguments.addAll(options);
    long before = left(host.datapath().status());
    Program program = host.script("hasty.py", namespace, arguments.toArray(String[]::new));
    host.await("many connections left alone", s -> left(s) > before + 2000, PATIENCE);
    return program;
  }

  private record Ended(long made, DatapathStatus status) {}

  /** All of them are closed, and each is counted once. */
  private Ended endShortOnes(Program client) throws Exception {
    client.sendLine();
    long made = made(client);
    DatapathStatus status = host.await("all of them closed", s -> s.live() == 0, PATIENCE);
    assertThat(counted(status)).isEqualTo(made);
    return new Ended(made, status);
  }

  private static void endClient(Program client) throws Exception {
    client.sendLine();
    client.sendLine();
    client.end();
  }

  private static long made(Program program) throws Exception {
    return Long.parseLong(program.lineWith("made").split(" ")[1]);
  }

  private static long bypassedLive(DatapathStatus status, String policy) {
    return status.policies().stream()
        .filter(p -> p.policy().equals(policy))
        .mapToLong(p -> p.counters().live())
        .sum();
  }

  private static long left(DatapathStatus status) {
    return status.reasons().getOrDefault(Reason.SLOWER_THAN_TCP, 0L);
  }

  private static long counted(DatapathStatus status) {
    return status.accelerated()
        + status.reasons().values().stream().mapToLong(Long::longValue).sum();
  }

  private static String policy(String enrolment) {
    return """
    apiVersion: shunt.dev/v1alpha1
    kind: AccelerationPolicy
    metadata: {name: hasty}
    spec:
      match: {cgroups: ["%CGROUP"]}
      enrolment: ENROLMENT
    """
        .replace("ENROLMENT", enrolment);
  }
}
