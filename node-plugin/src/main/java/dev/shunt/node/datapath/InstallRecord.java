package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfMap.Put;
import dev.shunt.node.bpf.MapSpec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * What an installation says about itself, kept in the pinned map {@code shunt_meta}, which is the
 * first pin to appear: a pin folder without it, or with {@code complete} unset, was left by an
 * interrupted installation.
 *
 * @param objectDigest SHA-256 of the BPF object, lower-case hex
 * @param cgroup path that is watched, as it was named then
 */
record InstallRecord(
    int layoutVersion,
    boolean complete,
    String objectDigest,
    int maxSockets,
    String cgroup,
    String agentVersion) {

  private static final int DIGEST_SIZE = 32;
  private static final int VERSION_SIZE = 64;
  private static final int CGROUP_SIZE = 4096;
  private static final int SIZE = 16 + DIGEST_SIZE + VERSION_SIZE + CGROUP_SIZE;

  static final MapSpec SPEC = Abi.array("shunt_meta", SIZE, 1);

  void write(BpfMap meta) {
    ByteBuffer bytes =
        Abi.bytes(SIZE)
            .putInt(layoutVersion)
            .putInt(complete ? 1 : 0)
            .putInt(maxSockets)
            .putInt(0)
            .put(HexFormat.of().parseHex(objectDigest))
            .put(text(agentVersion, VERSION_SIZE))
            .put(text(cgroup, CGROUP_SIZE));
    meta.put(Abi.index(0), bytes.array(), Put.ANY);
  }

  /** Every layout, whatever else it records, begins with its version. */
  static int layoutOf(BpfMap meta) {
    return bytes(meta).getInt();
  }

  static InstallRecord read(BpfMap meta) {
    ByteBuffer bytes = bytes(meta);
    int layout = bytes.getInt();
    boolean complete = bytes.getInt() == 1;
    int sockets = bytes.getInt();
    bytes.getInt();
    byte[] digest = new byte[DIGEST_SIZE];
    bytes.get(digest);
    String version = text(bytes, VERSION_SIZE);
    return new InstallRecord(
        layout,
        complete,
        HexFormat.of().formatHex(digest),
        sockets,
        text(bytes, CGROUP_SIZE),
        version);
  }

  private static ByteBuffer bytes(BpfMap meta) {
    byte[] value = meta.get(Abi.index(0));
    if (value == null) {
      throw new IllegalStateException("shunt_meta has no entry 0");
    }
    return Abi.wrap(value);
  }

  InstallRecord completed() {
    return new InstallRecord(layoutVersion, true, objectDigest, maxSockets, cgroup, agentVersion);
  }

  /** The programs are being replaced: they are nobody's until that is done. */
  InstallRecord inTransition() {
    return new InstallRecord(
        layoutVersion, complete, "00".repeat(DIGEST_SIZE), maxSockets, cgroup, agentVersion);
  }

  InstallRecord with(String digest, String version) {
    return new InstallRecord(layoutVersion, complete, digest, maxSockets, cgroup, version);
  }

  private static byte[] text(String text, int size) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    // Longer text is cut: it is for people, except the cgroup, whose limit is PATH_MAX.
    return Arrays.copyOf(bytes.length < size ? bytes : Arrays.copyOf(bytes, size - 1), size);
  }

  private static String text(ByteBuffer bytes, int size) {
    byte[] text = new byte[size];
    bytes.get(text);
    return Abi.text(text);
  }
}
