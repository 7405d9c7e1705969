package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfFd;
import dev.shunt.node.bpf.BpfFileSystem;
import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.BpfMap.Put;
import dev.shunt.node.bpf.BpfObject;
import dev.shunt.node.bpf.KernelBpf;
import dev.shunt.node.bpf.KernelBpf.AttachType;
import dev.shunt.node.bpf.MapSpec;
import dev.shunt.node.bpf.MapType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/**
 * Pins as the last agent of layout 1 left them, with its own programs, as they were compiled for
 * x86-64 then, and one policy: everything in the cgroup is accelerated from the handshake on. Knows
 * nothing of today's layout, and must not learn it.
 */
final class LayoutOne {
  private static final String OBJECT = "shunt-layout-1.bpf.o.gz";
  private static final int MAX_SOCKETS = 1024;
  private static final int INNER_MAP = 1 << 12;
  private static final byte[] ZERO = new byte[4];
  private static final byte[] ONE = {1, 0, 0, 0};

  private final KernelBpf bpf = new KernelBpf();
  private final Path pins;

  private LayoutOne(Path pins) {
    this.pins = pins;
  }

  static void install(Path cgroup, Path pins) throws IOException {
    new LayoutOne(pins).install(cgroup);
  }

  private void install(Path cgroup) throws IOException {
    BpfFileSystem.ensureAround(pins);
    Files.createDirectories(pins);
    pinMeta(cgroup);
    loadAndPin();
    configure();
    enforce();
    link("shunt_redirect", "shunt_sockets", AttachType.SK_MSG_VERDICT, "_redirect_link");
    link("shunt_redirect", "shunt_pollers", AttachType.SK_MSG_VERDICT, "_redirect_link");
    link("shunt_one_queue", "shunt_pollers", AttachType.SK_SKB_STREAM_VERDICT, "_one_queue_link");
    iterator("shunt_conductor");
    iterator("shunt_adopter");
    iterator("shunt_report");
    try (BpfFd program = bpf.open(pins.resolve("shunt_watch"));
        BpfFd folder = bpf.openFolder(cgroup);
        BpfFd link = bpf.linkToCgroup(program, folder)) {
      bpf.pin(link, pins.resolve("shunt_watch_link"));
    }
  }

  private void pinMeta(Path cgroup) {
    ByteBuffer record = bytes(16 + 32 + 64 + 4096).putInt(1).putInt(1).putInt(MAX_SOCKETS);
    record.position(16 + 32);
    record.put("0.1.0 of layout 1".getBytes(StandardCharsets.UTF_8));
    record.position(16 + 32 + 64);
    record.put(cgroup.toString().getBytes(StandardCharsets.UTF_8));
    try (BpfMap meta =
        bpf.create(new MapSpec(MapType.ARRAY, "shunt_meta", 4, record.capacity(), 1, 0))) {
      meta.put(ZERO, record.array(), Put.ANY);
      bpf.pin(meta, pins.resolve("shunt_meta"));
    }
  }

  private void loadAndPin() throws IOException {
    try (BpfObject programs = BpfObject.open(elf())) {
      programs.setMaxEntries("shunt_sockets", MAX_SOCKETS);
      programs.setMaxEntries("shunt_pollers", MAX_SOCKETS);
      programs.setMaxEntries("shunt_bonds", MAX_SOCKETS / 2);
      programs.load();
      for (String map : programs.mapNames()) {
        if (map.indexOf('.') < 0) {
          programs.pinMap(map, pins.resolve(map));
        }
      }
      for (String program : programs.programNames()) {
        programs.pinProgram(program, pins.resolve(program));
      }
    }
  }

  private static byte[] elf() throws IOException {
    InputStream packed = LayoutOne.class.getResourceAsStream(OBJECT);
    try (InputStream in = new GZIPInputStream(Objects.requireNonNull(packed, OBJECT))) {
      return in.readAllBytes();
    }
  }

  /** struct shunt_config of layout 1: version, flags (2: readers are seen), settle time. */
  private void configure() {
    write("shunt_config", ZERO, bytes(64).putInt(1).putInt(2).putLong(50_000_000));
  }

  /** Generation 1: class 0, which every socket has in every dimension, holds policy 0. */
  private void enforce() {
    fill("shunt_ports", new MapSpec(MapType.ARRAY, "shunt_ports", 4, 4, 65_536, 0), bytes(4));
    fill(
        "shunt_classes",
        new MapSpec(MapType.ARRAY, "shunt_classes", 4, 136, 1, INNER_MAP),
        bytes(136).putLong(1).putLong(1));
    // struct shunt_policy: row, action Accelerate, mode Enforce, enrolment Handshake, blocking
    // Exclude, limits.
    fill(
        "shunt_policies",
        new MapSpec(MapType.ARRAY, "shunt_policies", 4, 24, 1024, 0),
        bytes(24)
            .putInt(1)
            .put((byte) 1)
            .put((byte) 1)
            .put((byte) 1)
            .put((byte) 0)
            .putLong(4 << 20)
            .putInt(4096));
    // struct shunt_slot: generation, policies, words; the rest is class 0.
    write("shunt_slots", ONE, bytes(40).putLong(1).putInt(1).putInt(1));
    write("shunt_active", ZERO, bytes(8).putLong(1));
  }

  private void fill(String outer, MapSpec spec, ByteBuffer first) {
    try (BpfMap table = bpf.openMap(pins.resolve(outer));
        BpfMap inner = bpf.create(spec)) {
      inner.put(ZERO, first.array(), Put.ANY);
      table.putMap(1, inner);
    }
  }

  private void write(String name, byte[] key, ByteBuffer value) {
    try (BpfMap map = bpf.openMap(pins.resolve(name))) {
      map.put(key, value.array(), Put.ANY);
    }
  }

  private void link(String program, String sockhash, AttachType type, String pin) {
    try (BpfFd code = bpf.open(pins.resolve(program));
        BpfMap sockets = bpf.openMap(pins.resolve(sockhash));
        BpfFd link = bpf.linkToSockets(code, sockets, type)) {
      bpf.pin(link, pins.resolve(sockhash + pin));
    }
  }

  private void iterator(String program) {
    try (BpfFd code = bpf.open(pins.resolve(program));
        BpfFd link = bpf.linkIterator(code)) {
      bpf.pin(link, pins.resolve(program + "_iter"));
    }
  }

  private static ByteBuffer bytes(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
