package dev.shunt.policy;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number of bytes, written plainly or with one of Ki, Mi, Gi. */
public record ByteSize(long bytes) implements Comparable<ByteSize> {

  private static final Pattern SYNTAX = Pattern.compile("(0|[1-9][0-9]{0,11})(Ki|Mi|Gi)?");
  private static final String[] UNITS = {"", "Ki", "Mi", "Gi"};
  private static final int BITS_PER_UNIT = 10;

  public ByteSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("expected a size of 0 bytes or more, found " + bytes);
    }
  }

  /**
   * Reads {@code 4194304}, {@code 4096Ki} or {@code 4Mi}.
   *
   * @throws InvalidValueException when the text is none of these
   */
  public static ByteSize parse(String text) {
    Matcher syntax = SYNTAX.matcher(text);
    if (!syntax.matches()) {
      throw new InvalidValueException(
          ProblemCode.BAD_BYTE_SIZE,
          "a number of bytes such as 4194304, 4096Ki, 4Mi or 1Gi",
          Quoted.of(text),
          "units are powers of 1024 and written Ki, Mi, Gi");
    }
    long number = Long.parseLong(syntax.group(1));
    for (int unit = 1; unit < UNITS.length; unit++) {
      if (UNITS[unit].equals(syntax.group(2))) {
        number <<= unit * BITS_PER_UNIT;
      }
    }
    return new ByteSize(number);
  }

  @Override
  public int compareTo(ByteSize other) {
    return Long.compare(bytes, other.bytes);
  }

  /** The shortest exact text, which {@link #parse} reads back. */
  @Override
  public String toString() {
    int unit = UNITS.length - 1;
    while (unit > 0 && (bytes == 0 || bytes % (1L << (unit * BITS_PER_UNIT)) != 0)) {
      unit--;
    }
    return (bytes >> (unit * BITS_PER_UNIT)) + UNITS[unit];
  }
}
