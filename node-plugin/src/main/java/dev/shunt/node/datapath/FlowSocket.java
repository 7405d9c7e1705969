package dev.shunt.node.datapath;

import dev.shunt.policy.IpAddress;
import java.nio.ByteBuffer;

/** One {@code struct shunt_flow}: an established socket. */
record FlowSocket(
    Tuple tuple,
    int networkNamespace,
    long cgroup,
    long cookie,
    long peerCookie,
    int obstacles,
    int verdict,
    int flags) {

  static final int CLIENT = 1;
  static final int MATCHED = 2;
  static final int OWNER = 4;
  static final int OBSERVED = 8;

  private static final int ADDRESS_SIZE = 16;

  /** A connection as one of its ends sees it. */
  record Tuple(IpAddress client, int clientPort, IpAddress server, int serverPort) {
    boolean isLoopback() {
      byte[] bytes = client.bytes();
      return bytes.length == 4 ? bytes[0] == 127 : client.high() == 0 && client.low() == 1;
    }
  }

  static FlowSocket read(ByteBuffer bytes) {
    IpAddress client = address(bytes);
    IpAddress server = address(bytes);
    int clientPort = Short.toUnsignedInt(bytes.getShort());
    int serverPort = Short.toUnsignedInt(bytes.getShort());
    int namespace = bytes.getInt();
    long cgroup = bytes.getLong();
    long cookie = bytes.getLong();
    long peer = bytes.getLong();
    bytes.getLong(); // age: nobody asks yet
    return new FlowSocket(
        new Tuple(client, clientPort, server, serverPort),
        namespace,
        cgroup,
        cookie,
        peer,
        bytes.getInt(),
        Byte.toUnsignedInt(bytes.get()),
        bytes.get());
  }

  boolean has(int flag) {
    return (flags & flag) != 0;
  }

  private static IpAddress address(ByteBuffer bytes) {
    byte[] address = new byte[ADDRESS_SIZE];
    bytes.get(address);
    return IpAddress.of(address);
  }
}
