package dev.shunt.node.datapath;

import dev.shunt.node.bpf.BpfMap;
import dev.shunt.node.bpf.MapEntries;
import dev.shunt.node.bpf.MapSpec;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

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

  /** Name of a policy, its counter row, and {@code CompiledPolicySet.Row.fingerprint}. */
  record Label(String policy, int row, int fingerprint) {}

  private final BpfMap labels;

  SlotLabels(BpfMap labels) {
    this.labels = labels;
  }

  void write(int slot, String digest, List<Label> policies) {
    ByteBuffer keys = Abi.bytes((1 + policies.size()) * Integer.BYTES);
    ByteBuffer values = Abi.bytes((1 + policies.size()) * LABEL_SIZE);
    keys.putInt(slot * SHARE);
    values.put(HexFormat.of().parseHex(digest)).position(LABEL_SIZE);
    int index = 1;
    for (Label label : policies) {
      keys.putInt(slot * SHARE + index);
      values.put(CounterRows.key(label.policy)).putInt(label.row).putInt(label.fingerprint);
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
      ByteBuffer numbers = Abi.wrap(entry).position(CounterRows.NAME_SIZE);
      found.add(new Label(Abi.text(entry), numbers.getInt(), numbers.getInt()));
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
