package dev.shunt.policy.compile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Gives each distinct bit vector a number, in the order in which they are first asked for. An own
 * open-addressing table, because it is asked once per range and must not allocate when the vector
 * is known.
 */
final class ClassTable {

  private static final int FIRST_SLOTS = 1_024;

  private final List<long[]> vectors = new ArrayList<>();
  private int[] slots = new int[FIRST_SLOTS];

  /** The class of a vector; the vector is copied when it is new. */
  int intern(long[] vector) {
    if ((vectors.size() + 1) * 2 > slots.length) {
      grow();
    }
    int slot = slotOf(vector);
    if (slots[slot] == 0) {
      vectors.add(vector.clone());
      slots[slot] = vectors.size();
    }
    return slots[slot] - 1;
  }

  List<ClassVector> classes() {
    return vectors.stream().map(ClassVector::new).toList();
  }

  /**
   * The slot that holds the vector, or the free one where it belongs; slots hold the class plus
   * one, so that 0 is free.
   */
  private int slotOf(long[] vector) {
    int slot = spread(Arrays.hashCode(vector)) & slots.length - 1;
    while (slots[slot] != 0 && !Arrays.equals(vectors.get(slots[slot] - 1), vector)) {
      slot = slot + 1 & slots.length - 1;
    }
    return slot;
  }

  private void grow() {
    slots = new int[slots.length * 2];
    for (int i = 0; i < vectors.size(); i++) {
      slots[slotOf(vectors.get(i))] = i + 1;
    }
  }

  /** {@link Arrays#hashCode} of sparse vectors differs mostly in its high bits. */
  private static int spread(int hash) {
    int mixed = hash * 0x9e37_79b9;
    return mixed ^ mixed >>> 15;
  }
}
