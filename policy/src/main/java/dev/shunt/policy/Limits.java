package dev.shunt.policy;

/**
 * The most that may be queued at a receiver, per direction; above either limit the direction takes
 * TCP until it drained.
 *
 * @param backlogMessages messages that may be unread
 */
public record Limits(ByteSize backlogBytes, int backlogMessages) {

  public static final ByteSize LEAST_BYTES = ByteSize.parse("4Ki");
  public static final ByteSize MOST_BYTES = ByteSize.parse("1Gi");
  public static final int LEAST_MESSAGES = 1;
  public static final int MOST_MESSAGES = 1_048_576;

  public static final Limits DEFAULTS = new Limits(ByteSize.parse("16Mi"), 2_048);

  public Limits {
    if (backlogBytes.compareTo(LEAST_BYTES) < 0 || backlogBytes.compareTo(MOST_BYTES) > 0) {
      throw new InvalidValueException(
          ProblemCode.OUT_OF_RANGE,
          "backlogBytes from " + LEAST_BYTES + " to " + MOST_BYTES,
          backlogBytes.toString(),
          "");
    }
    if (backlogMessages < LEAST_MESSAGES || backlogMessages > MOST_MESSAGES) {
      throw new InvalidValueException(
          ProblemCode.OUT_OF_RANGE,
          "backlogMessages from " + LEAST_MESSAGES + " to " + MOST_MESSAGES,
          Integer.toString(backlogMessages),
          "");
    }
  }
}
