package dev.shunt.node.datapath;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One end of a live TCP connection that a policy matched, as the kernel sees it now. Addresses and
 * ports are as this end sees them; behind NAT the other end sees others.
 *
 * @param networkNamespace inode, unsigned 32 bits
 * @param cgroupId id of the socket's cgroup, the inode number of its folder
 * @param cookie the kernel's name of this socket
 * @param peerCookie that of the other end when it is on this node; else 0
 * @param redirectedBytes sent by this end without TCP
 * @param redirectedMessages sends of this end without TCP
 * @param tcpBytes sent by this end through TCP and acknowledged
 * @param policy name of the policy that counts this connection; null when it was deleted and its
 *     row given away
 * @param client whether this end opened the connection
 * @param owner whether this end's verdict is the connection's, which is counted once
 * @param accelerated whether the connection is accelerated; owners only
 * @param reason why it is not; null when it is, when it is not decided yet, and for ends that are
 *     not owners
 * @param directionReason why what this end sends takes TCP at present; null when it is redirected,
 *     or nothing was sent yet
 */
public record Connection(
    InetAddress clientAddress,
    int clientPort,
    InetAddress serverAddress,
    int serverPort,
    int networkNamespace,
    long cgroupId,
    long cookie,
    long peerCookie,
    Duration age,
    long redirectedBytes,
    long redirectedMessages,
    long tcpBytes,
    @Nullable String policy,
    boolean client,
    boolean owner,
    boolean accelerated,
    @Nullable Reason reason,
    @Nullable Reason directionReason) {

  private static final int ADDRESS_SIZE = 16;

  /** Reads one {@code struct shunt_report}. */
  static Connection read(
      ByteBuffer report, java.util.function.IntFunction<@Nullable String> policyOfRow) {
    ByteBuffer bytes = report.order(ByteOrder.nativeOrder());
    InetAddress client = address(bytes);
    InetAddress server = address(bytes);
    int clientPort = Short.toUnsignedInt(bytes.getShort());
    int serverPort = Short.toUnsignedInt(bytes.getShort());
    int namespace = bytes.getInt();
    long cgroup = bytes.getLong();
    long cookie = bytes.getLong();
    long peer = bytes.getLong();
    Duration age = Duration.ofNanos(bytes.getLong());
    long redirectedBytes = bytes.getLong();
    long redirectedMessages = bytes.getLong();
    long tcpBytes = bytes.getLong();
    String policy = policyOfRow.apply(bytes.getInt());
    int verdict = bytes.get();
    int direction = bytes.get();
    bytes.get();
    int flags = bytes.get();
    boolean owner = (flags & 2) != 0;
    return new Connection(
        client,
        clientPort,
        server,
        serverPort,
        namespace,
        cgroup,
        cookie,
        peer,
        age,
        redirectedBytes,
        redirectedMessages,
        tcpBytes,
        policy,
        (flags & 1) != 0,
        owner,
        owner && verdict == Abi.VERDICT_ACCELERATED,
        owner ? Reason.ofVerdict(verdict) : null,
        Reason.ofVerdict(direction));
  }

  /** An IPv4-mapped address becomes an IPv4 address. */
  private static InetAddress address(ByteBuffer bytes) {
    byte[] address = new byte[ADDRESS_SIZE];
    bytes.get(address);
    try {
      return InetAddress.getByAddress(address);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("16 bytes are an address", e);
    }
  }
}
