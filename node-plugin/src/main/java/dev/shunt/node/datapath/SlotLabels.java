package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.MapEntries;
import dev.shunt.node.bpf.MapSpec;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * What people call the content of a slot: the digest of its policy set, and the name and counter
 * row of each of its policies. The programs never read it. Written while the slot is idle, so it is
 * as whole as the slot itself.
 */
final class SlotLabels {
  private static final int LABEL_SIZE = CounterRows.NAME_SIZE + 2 * Integer.BYTES;
  private static final int DIGEST_SIZE = 32;

  /** Entry 0 of a slot's share holds the digest, the following ones its policies. */
  private static final int SHARE = 1 + Abi.MAX_POLICIES;

  static final MapSpec SPEC = Abi.array("shunt_labels", LABEL_SIZE, Abi.SLOTS * SHARE);

  /** Name of a policy and its counter row. */
  record Label(String policy, int row) {}

  private final BpfMap labels;

  SlotLabels(BpfMap labels) {
    this.labels = labels;
  }

  void write(int slot, String digest, Map<String, Integer> rows) {
    ByteBuffer keys = Abi.bytes((1 + rows.size()) * Integer.BYTES);
    ByteBuffer values = Abi.bytes((1 + rows.size()) * LABEL_SIZE);
    keys.putInt(slot * SHARE);
    values.put(HexFormat.of().parseHex(digest)).position(LABEL_SIZE);
    int index = 1;
    for (Map.Entry<String, Integer> row : rows.entrySet()) {
      keys.putInt(slot * SHARE + index);
      values.put(CounterRows.key(row.getKey())).putInt(row.getValue()).putInt(0);
      index++;
    }
    labels.putAll(
        new MapEntries(Integer.BYTES, LABEL_SIZE, keys.array(), values.array())
            .changesFrom(labels.readAll()));
  }

  String digest(int slot) {
    byte[] digest = new byte[DIGEST_SIZE];
    Abi.wrap(entry(slot * SHARE)).get(digest);
    return HexFormat.of().formatHex(digest);
  }

  List<Label> read(int slot, int policies) {
    List<Label> found = new ArrayList<>();
    // One call for all: there can be a thousand.
    MapEntries entries = labels.readAll();
    for (int i = 1; i <= policies; i++) {
      byte[] entry = entries.value(slot * SHARE + i);
      found.add(new Label(Abi.text(entry), Abi.wrap(entry).getInt(CounterRows.NAME_SIZE)));
    }
    return found;
  }

  private byte[] entry(int index) {
    byte[] entry = labels.get(Abi.index(index));
    if (entry == null) {
      throw new IllegalStateException("shunt_labels has no entry " + index);
    }
    return entry;
  }
}
