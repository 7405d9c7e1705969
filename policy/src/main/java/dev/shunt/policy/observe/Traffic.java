package dev.shunt.policy.observe;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What programs sent and received, message by message.
 *
 * @param replies sends that follow a receive, by {@link SizeClass}: request and response
 * @param streamed sends that follow a send, by {@link SizeClass}
 * @param sameCpu receives on the CPU on which the data had arrived
 */
public record Traffic(
    List<Long> replies,
    List<Long> streamed,
    long sentBytes,
    long receives,
    long receivedBytes,
    long sameCpu) {

  private static final int CLASSES = SizeClass.values().length;

  public static final Traffic NONE =
      new Traffic(Collections.nCopies(CLASSES, 0L), Collections.nCopies(CLASSES, 0L), 0, 0, 0, 0);

  public Traffic {
    replies = List.copyOf(replies);
    streamed = List.copyOf(streamed);
    if (replies.size() != CLASSES || streamed.size() != CLASSES) {
      throw new IllegalArgumentException(
          "expected %d classes of size, found %d and %d"
              .formatted(CLASSES, replies.size(), streamed.size()));
    }
  }

  public Traffic plus(Traffic other) {
    return new Traffic(
        sum(replies, other.replies),
        sum(streamed, other.streamed),
        sentBytes + other.sentBytes,
        receives + other.receives,
        receivedBytes + other.receivedBytes,
        sameCpu + other.sameCpu);
  }

  /** Sends in all: each is a message. */
  public long messages() {
    return total(replies) + total(streamed);
  }

  /** Times the direction turned: a reply to what was received. */
  public long turns() {
    return total(replies);
  }

  private static long total(List<Long> counts) {
    return counts.stream().mapToLong(Long::longValue).sum();
  }

  private static List<Long> sum(List<Long> one, List<Long> other) {
    return IntStream.range(0, CLASSES).mapToObj(i -> one.get(i) + other.get(i)).toList();
  }
}
