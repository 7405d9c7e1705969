package dev.shunt.policy.compile;

/** Bit vectors as words, one bit per policy. */
final class Bits {

  private Bits() {}

  static void set(long[] words, int bit) {
    words[bit / Long.SIZE] |= 1L << (bit % Long.SIZE);
  }

  static void clear(long[] words, int bit) {
    words[bit / Long.SIZE] &= ~(1L << (bit % Long.SIZE));
  }

  static void or(long[] words, long[] more) {
    for (int word = 0; word < words.length; word++) {
      words[word] |= more[word];
    }
  }
}
