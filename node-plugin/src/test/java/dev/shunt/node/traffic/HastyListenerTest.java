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
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that ask once and close cost more to watch than redirecting saves. */
@OnBpfKernel
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
class HastyListenerTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int KEPT = 64; // hasty.py
  private static final int MANY = 256; // so many that some of them are watched
  private static final String LARGE_TIMES = "1280"; // hasty.py
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

  @Test
  void oneLargeAnswerMakesAConnectionNoLonger() throws Exception {
    host.apply(policy("Handshake"));
    Program client = beginShortOnes(List.of("1", LARGE_TIMES), "client", "server", "large");
    endShortOnes(client);
    endClient(client);
  }

  @Test
  void aConnectionOfManySmallQuestionsIsNotAShortOne() throws Exception {
    host.apply(policy("Handshake"));
    String port = port(host.script("hasty.py", namespace, "server"));
    Program client = host.script("hasty.py", namespace, "client", port, "8");
    DatapathStatus found = host.await("many accelerated", s -> s.accelerated() > 2000, PATIENCE);
    assertThat(left(found)).isZero();
    endShortOnes(client);
    endClient(client);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Settled", "Handshake"})
  void aConnectionOfAClientThatCannotTakePartCountsOnceUnderThatThoughItIsLeftAlone(
      String enrolment) throws Exception {
    host.apply(policy(enrolment) + BYPASS);
    String port = port(host.script("hasty.py", namespace, "server"));
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
  void withHandshakeABurstIsRedirectedUntilSeveralInARowWereShort() throws Exception {
    host.apply(policy("Handshake"));
    Program client = beginBursts(KEPT);
    client.sendLine();
    DatapathStatus before = host.datapath().status();
    DatapathStatus redirected =
        host.await(
            "bursts redirected", s -> s.accelerated() > before.accelerated() + 4 * KEPT, PATIENCE);
    assertThat(redirected.accelerated() - before.accelerated())
        .isGreaterThan(left(redirected) - left(before));
    host.await("several bursts left alone", s -> left(s) > left(redirected) + 16 * KEPT, PATIENCE);
    client.sendLine();
    long made = made(client);
    DatapathStatus found =
        host.await(
            "the whole pool after them accelerated",
            s -> s.acceleratedLive() == KEPT && s.live() == KEPT,
            PATIENCE);
    assertThat(counted(found)).isEqualTo(made);
    assertThat(counted(closed(client))).isEqualTo(made);
  }

  /** Who is on this host. */
  enum Local {
    CLIENT,
    SERVER
  }

  @ParameterizedTest
  @EnumSource
  void shortConnectionsWithAnotherHostAreLeftAloneAndEachCountsOnceAsThat(Local local)
      throws Exception {
    reopensWhereNobodySettles();
    host.apply(policy("Settled"));
    Program keeper = keeperWithAnotherHost(local);
    mostAreLeftAloneAndEachCountsOnce(keeper, Reason.REMOTE_PEER);
  }

  @ParameterizedTest
  @EnumSource
  void oneWithAnotherHostThatWasLeftAloneAndLastsIsListedAsThatAndCountsOnce(Local local)
      throws Exception {
    host.apply(policy("Settled"));
    Program keeper = keeperWithAnotherHost(local);
    keeper.sendLine();
    long made = made(keeper);
    DatapathStatus found =
        host.await("every connection that lasts met", s -> s.live() == MANY, PATIENCE);
    assertThat(found.reasons()).containsEntry(Reason.REMOTE_PEER, made);
    assertThat(host.datapath().connections())
        .hasSize(MANY)
        .allSatisfy(c -> assertThat(c.reason()).isEqualTo(Reason.REMOTE_PEER));
    assertThat(counted(closed(keeper))).isEqualTo(made);
  }

  @Test
  void shortOnesToAServerOfThisHostThatNoPolicyMatchesAreLeftAloneAndEachCountsOnceAsThat()
      throws Exception {
    reopensWhereNobodySettles();
    host.apply(policy("Settled").replace("%CGROUP", "%CGROUP/clients"));
    String port = port(host.script("hasty.py", namespace, "server"));
    Program keeper =
        host.scriptBelow("clients", "hasty.py", namespace, "keeper", port, Integer.toString(MANY));
    keepsSomeOf(keeper, Reason.PEER_NOT_CONSENTING);
    mostAreLeftAloneAndEachCountsOnce(keeper, Reason.PEER_NOT_CONSENTING);
  }

  @Test
  void oneThatWasTakenForRemoteAndLeftAloneFindsItsServerWithSyncookies() throws Exception {
    namespace.inside("sysctl", "-qw", "net.ipv4.tcp_syncookies=2");
    host.apply(policy("Settled"));
    String port = port(host.remoteScript("hasty.py", namespace, "server"));
    Program client = host.script("hasty.py", namespace, "client", port);
    Puppet puppet = host.puppet(namespace);
    puppet.does("listen l 127.0.0.2 " + port + " polling");
    int found = 8;
    for (int i = 0; i < found; i++) {
      furtherCounted(Reason.REMOTE_PEER, 2000);
      puppet.does("connect c" + i + " 127.0.0.2 " + port + " polling");
      puppet.does("accept c" + i + " l polling");
    }
    client.sendLine();
    long made = made(client);
    host.await(
        "both ends of all of them found",
        s -> s.live() == found && s.reasons().get(Reason.REMOTE_PEER) == made,
        PATIENCE);
    for (int i = 0; i < found; i++) {
      puppet.exchanges("c" + i);
    }
    DatapathStatus status =
        host.await("all of them accelerated", s -> s.acceleratedLive() == found, PATIENCE);
    assertThat(status.live()).isEqualTo(found);
    assertThat(counted(status)).isEqualTo(made + found);
    endClient(client);
  }

  /** It keeps some of its connections open, made while others were left alone. */
  private Program keeperWithAnotherHost(Local local) throws Exception {
    Program server =
        local == Local.SERVER
            ? host.script("hasty.py", namespace, "server")
            : host.remoteScript("hasty.py", namespace, "server");
    String port = port(server);
    Program keeper =
        local == Local.CLIENT
            ? host.script("hasty.py", namespace, "keeper", port, Integer.toString(MANY))
            : host.remoteScript("hasty.py", namespace, "keeper", port, Integer.toString(MANY));
    keepsSomeOf(keeper, Reason.REMOTE_PEER);
    return keeper;
  }

  private void mostAreLeftAloneAndEachCountsOnce(Program keeper, Reason reason) throws Exception {
    long live = host.datapath().status().live();
    assertThat(live).as("watched of those that are kept open").isLessThan(MANY / 4);
    keeper.sendLine();
    long made = made(keeper);
    DatapathStatus closed = closed(keeper);
    assertThat(closed.reasons()).containsEntry(reason, made);
    assertThat(counted(closed)).isEqualTo(made);
  }

  private void keepsSomeOf(Program keeper, Reason reason) throws Exception {
    furtherCounted(reason, 2000);
    keeper.sendLine();
    furtherCounted(reason, 2000);
  }

  private void furtherCounted(Reason reason, int count) throws Exception {
    long before = host.datapath().status().reasons().getOrDefault(reason, 0L);
    host.await(
        "more counted as " + reason,
        s -> s.reasons().getOrDefault(reason, 0L) > before + count,
        PATIENCE);
  }

  private static String port(Program server) throws Exception {
    return server.lineWith("listening").split(" ")[1];
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
    String port = port(host.script("hasty.py", namespace, server));
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
