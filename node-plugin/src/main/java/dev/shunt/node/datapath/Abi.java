package dev.shunt.node.datapath;

import dev.shunt.node.bpf.MapSpec;
import dev.shunt.node.bpf.MapType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The numbers of bpf/include/shunt_abi.h. A test reads the header and compares. */
final class Abi {
  static final int LAYOUT_VERSION = 11;
  static final int SLOTS = 2;
  static final int MAX_POLICIES = 1024;
  static final int POLICY_WORDS = 16;
  static final int COUNTER_ROWS = 2048;
  static final int COMPONENT_SIZE = 256;
  static final int DIMENSIONS = 4;
  static final int VERDICTS = 32;
  static final int VERDICT_ACCELERATED = 1;
  static final int CONFIG_DRAINING = 1;

  static final int SLOT_SIZE = 64;
  static final int SLOT_POLICIES = 8;
  static final int SLOT_START = 16;
  static final int SLOT_START_CLASS = 20;
  static final int SLOT_ANY_CLASS = 24;
  static final int SLOT_BOUNDS = 40;
  static final int SLOT_EDGE_MASK = 56;
  static final int CLASS_SIZE = 136;
  static final int POLICY_SIZE = 24;
  static final int BOUND4_SIZE = 8;
  static final int BOUND6_SIZE = 24;
  static final int BLOCKS = 65_536;
  static final int POLICY_ANY_ADDRESS = 1;
  static final int EDGE_SIZE = 16;
  static final int EDGE_PROBES = 64;
  static final int CONFIG_SIZE = 64;
  static final int COUNTERS_SIZE = 576;
  static final int REPORT_SIZE = 104;

  /** Row of what no policy accounts for. */
  static final int ROW_NONE = 0;

  static final String SOCKETS = "shunt_sockets";

  /** The sockhash of sockets whose programs do not block. */
  static final String POLLERS = "shunt_pollers";

  static final String WATCH = "shunt_watch";
  static final String REDIRECT = "shunt_redirect";
  static final String ONE_QUEUE = "shunt_one_queue";
  static final String CONDUCTOR = "shunt_conductor";
  static final String ADOPTER = "shunt_adopter";
  static final String REPORT = "shunt_report";
  static final String BONDS = "shunt_bonds";
  static final String READER = "shunt_reader";
  static final String SEEN_SEND = "shunt_seen_send";
  static final String SEEN_RECV = "shunt_seen_recv";
  static final String FLOWS = "shunt_flows";
  static final String SENDER = "shunt_sender";

  /** Processes that the programs ask about, and what they were answered. */
  static final String ASKED = "shunt_asked";

  static final String PROGRAMS = "shunt_programs";

  /** Cgroups, one of whose programs was seen to splice. */
  static final String SPLICERS = "shunt_splicers";

  static final MapSpec ACTIVE = array("shunt_active", Long.BYTES, 1);
  static final MapSpec SLOT = array("shunt_slots", SLOT_SIZE, SLOTS);
  static final MapSpec CONFIG = array("shunt_config", CONFIG_SIZE, 1);
  static final MapSpec COUNTERS = array("shunt_counters", COUNTERS_SIZE, COUNTER_ROWS);

  /** Candidates for the conductor by network namespace. */
  static final MapSpec WORK =
      new MapSpec(MapType.HASH, "shunt_work", Integer.BYTES, 4 * Long.BYTES, 16_384, 0);

  static final int WORK_URGENT = Long.BYTES;
  static final int WORK_PATIENT = 2 * Long.BYTES; // this and the next are u32
  static final int WORK_MEASURED = 2 * Long.BYTES + Integer.BYTES;
  static final int WORK_WALKED = 3 * Long.BYTES;

  static final int YOUNG_SHIFT = 25;
  static final int YOUNG_SLOTS = 16;
  static final int YOUNG_COUNT = 24;

  /** Candidates that are younger than the settle time, by network namespace. */
  static final MapSpec YOUNG =
      new MapSpec(MapType.HASH, "shunt_young", Integer.BYTES, YOUNG_SLOTS * Long.BYTES, 4096, 0);

  static final int OBSERVATION_SIZE = 176;
  static final int OBSERVED_SIZE = 560;
  static final int BLOCKER_KEY_SIZE = 16;
  static final int BLOCKER_ROW = 8;
  static final int BLOCKER_SIZE = 32;
  static final int FLOW_SIZE = 80;
  static final int SIZES = 6;
  static final int DURATIONS = 5;

  static final MapSpec OBSERVATIONS = hash("shunt_seen", Long.BYTES, OBSERVATION_SIZE, 16_384);
  static final MapSpec OBSERVED =
      hash("shunt_observed", Integer.BYTES, OBSERVED_SIZE, COUNTER_ROWS);
  static final MapSpec BLOCKERS =
      new MapSpec(MapType.LRU_HASH, "shunt_blockers", BLOCKER_KEY_SIZE, BLOCKER_SIZE, 1024, 0);

  private Abi() {}

  private static MapSpec hash(String name, int keySize, int valueSize, int entries) {
    return new MapSpec(MapType.HASH, name, keySize, valueSize, entries, MapSpec.NO_PREALLOC);
  }

  static MapSpec array(String name, int valueSize, int entries) {
    return new MapSpec(MapType.ARRAY, name, Integer.BYTES, valueSize, entries, 0);
  }

  /** Bytes as the BPF programs of this machine lay them out. */
  static ByteBuffer bytes(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
  }

  static ByteBuffer wrap(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
  }

  /** Key of an array map. */
  static byte[] index(int index) {
    return bytes(Integer.BYTES).putInt(index).array();
  }

  /** Zero-padded text. */
  static String text(byte[] padded) {
    int end = 0;
    while (end < padded.length && padded[end] != 0) {
      end++;
    }
    return new String(padded, 0, end, StandardCharsets.UTF_8);
  }

  static int slotOf(long generation) {
    return (int) (generation & 1);
  }

  static int otherSlot(int slot) {
    return 1 - slot;
  }
}
