package dev.shunt.node.datapath;

import dev.shunt.policy.observe.Traffic;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** One {@code struct shunt_observation}: an open socket, or a closed one whose peer is open. */
record SocketObservation(
    long peerCookie,
    long bornNanos,
    long closedNanos,
    long cgroup,
    int row,
    int seen,
    int reasons,
    Traffic traffic) {

  static final int BLOCKING = 1;
  static final int HALF_CLOSE = 4;
  static final int WAIT_ALL = 8;
  static final int SIGNAL = 16;
  static final int OBSERVED = 256;
  static final int HANDSHAKE = 512;
  static final int USED = 8192;

  static SocketObservation read(byte[] value) {
    ByteBuffer bytes = Abi.wrap(value);
    return new SocketObservation(
        bytes.getLong(),
        bytes.getLong(),
        bytes.getLong(),
        bytes.getLong(),
        bytes.getInt(),
        bytes.getInt(),
        bytes.getInt() | bytes.getInt(),
        traffic(bytes));
  }

  boolean has(int flag) {
    return (seen & flag) != 0;
  }

  /** Reads a {@code struct shunt_traffic}. */
  static Traffic traffic(ByteBuffer bytes) {
    return new Traffic(
        longs(bytes, Abi.SIZES),
        longs(bytes, Abi.SIZES),
        bytes.getLong(),
        bytes.getLong(),
        bytes.getLong(),
        bytes.getLong());
  }

  static List<Long> longs(ByteBuffer bytes, int count) {
    List<Long> values = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      values.add(bytes.getLong());
    }
    return values;
  }
}
