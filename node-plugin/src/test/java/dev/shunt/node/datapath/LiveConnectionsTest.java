package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.datapath.LiveConnection.Peer;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Ends become connections, and what is not known of a peer is not made up. */
class LiveConnectionsTest {

  @Test
  void theOwnerAndItsPeerAreOneConnectionWhicheverOfThemKnowsTheOther() {
    Connection server = end(1, 2, false, true, null);
    Connection client = end(2, 0, true, false, null);
    Connection knowing = end(3, 4, true, false, null);
    Connection known = end(4, 0, false, true, null);

    LiveConnections live = of(client, server, knowing, known);

    assertThat(live.alone()).isZero();
    assertThat(live.counted()).extracting(LiveConnection::peer).containsOnly(Peer.LOCAL);
    assertThat(live.counted()).extracting(LiveConnection::owner).containsExactly(server, known);
    assertThat(live.counted())
        .extracting(connection -> known(connection.client()).socket())
        .containsExactly(client, knowing);
    assertThat(live.counted())
        .extracting(connection -> known(connection.server()).cgroup())
        .containsExactly("/cgroup-1", "/cgroup-4");
  }

  @Test
  void aPeerThatIsNotThereIsRemoteUnmatchedOrUnknownAndHasNoNumbers() {
    LiveConnections live =
        of(
            end(1, 0, false, true, Reason.REMOTE_PEER),
            end(2, 0, true, true, Reason.PEER_NOT_CONSENTING),
            end(3, 99, false, true, Reason.BYPASSED_BY_POLICY));

    assertThat(live.alone()).isZero();
    assertThat(live.counted())
        .extracting(LiveConnection::peer)
        .containsExactly(Peer.REMOTE, Peer.UNMATCHED, Peer.UNKNOWN);
    assertThat(live.counted().get(0).client()).isNull();
    assertThat(live.counted().get(1).server()).isNull();
  }

  @Test
  void endsThatNobodyAccountsForAreTold() {
    LiveConnections live = of(end(1, 2, true, false, null), end(3, 0, false, true, null));

    assertThat(live.counted()).hasSize(1);
    assertThat(live.alone()).isEqualTo(1);
  }

  @Test
  void twoOwnersAreTwoConnections() {
    LiveConnections live = of(end(1, 2, true, true, null), end(2, 1, false, true, null));

    assertThat(live.counted()).extracting(LiveConnection::peer).containsOnly(Peer.UNKNOWN);
    assertThat(live.alone()).isZero();
  }

  private static LiveConnection.End known(LiveConnection.@Nullable End end) {
    return Objects.requireNonNull(end);
  }

  private static LiveConnections of(Connection... ends) {
    return LiveConnections.of(List.of(ends), id -> "/cgroup-" + id);
  }

  /** An end in the cgroup that has its cookie for an id. */
  private static Connection end(
      long cookie, long peer, boolean client, boolean owner, @Nullable Reason reason) {
    InetAddress address = InetAddress.getLoopbackAddress();
    return new Connection(
        address,
        40_000,
        address,
        80,
        1,
        cookie,
        cookie,
        peer,
        Duration.ofSeconds(1),
        0,
        0,
        0,
        "web",
        client,
        owner,
        owner && reason == null,
        reason,
        null);
  }
}
