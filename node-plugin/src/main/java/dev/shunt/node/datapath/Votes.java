package dev.shunt.node.datapath;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Finds for each of some new numbers the old number that stands in the most of its places. One
 * thread.
 */
final class Votes {
  private static final int BITS = 20;

  /** More than there can be of either; a map that someone else wrote may hold larger ones. */
  private static final int MOST = 1 << BITS;

  private static final int LEAST_ROOM = 64;

  /** Each vote is the new number and the old one. */
  private long[] votes = new long[1 << 12];

  private int count;

  void add(int now, int before) {
    if (now >= MOST || before < 0 || before >= MOST) {
      return;
    }
    if (count == votes.length) {
      votes = Arrays.copyOf(votes, 2 * count);
    }
    votes[count++] = (long) now << BITS | before;
  }

  /**
   * A number for each of {@code 0..numbers-1}, no two the same: the old one with the most votes
   * that is not taken yet, else the lowest that is free. All are below twice as many and some,
   * because a table has room up to the highest, and must not stay large once a large set is gone.
   */
  int[] elect(int numbers) {
    int limit = 2 * numbers + LEAST_ROOM;
    long[] ballots = ballots();
    int[] elected = new int[numbers];
    Arrays.fill(elected, -1);
    BitSet taken = new BitSet();
    for (int i = ballots.length - 1; i >= 0; i--) {
      int now = (int) (ballots[i] >>> BITS) & MOST - 1;
      int before = (int) ballots[i] & MOST - 1;
      if (elected[now] < 0 && before < limit && !taken.get(before)) {
        elected[now] = before;
        taken.set(before);
      }
    }
    int free = 0;
    for (int now = 0; now < numbers; now++) {
      if (elected[now] < 0) {
        free = taken.nextClearBit(free);
        elected[now] = free++;
      }
    }
    return elected;
  }

  /** Each pair once, with its number of votes in the high bits; ascending. */
  private long[] ballots() {
    Arrays.sort(votes, 0, count);
    long[] ballots = new long[count];
    int distinct = 0;
    int from = 0;
    while (from < count) {
      int to = from;
      while (to < count && votes[to] == votes[from]) {
        to++;
      }
      ballots[distinct++] = (long) (to - from) << 2 * BITS | votes[from];
      from = to;
    }
    long[] sorted = Arrays.copyOf(ballots, distinct);
    Arrays.sort(sorted);
    return sorted;
  }
}
