package dev.shunt.policy.compile;

import java.util.Arrays;

/**
 * One {@code struct shunt_class}: a bit per policy in winning order, and a bit per word that is not
 * zero.
 */
public final class ClassVector {

  private final long[] words;
  private final long summary;

  /** Takes the array over; nobody may write to it any more. */
  ClassVector(long[] words) {
    this.words = words;
    long bits = 0;
    for (int word = 0; word < words.length; word++) {
      bits |= words[word] != 0 ? 1L << word : 0;
    }
    this.summary = bits;
  }

  public long summary() {
    return summary;
  }

  /** The word at {@code index}; 0 beyond the last one in use. */
  public long word(int index) {
    return index < words.length ? words[index] : 0;
  }

  /** Whether policy number {@code policy} is in this class. */
  public boolean has(int policy) {
    return (word(policy / Long.SIZE) >>> (policy % Long.SIZE) & 1) != 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ClassVector vector && Arrays.equals(words, vector.words);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(words);
  }
}
