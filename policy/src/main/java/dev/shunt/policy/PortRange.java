package dev.shunt.policy;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Ports {@code first} to {@code last}, both included, from {@value #LOWEST} to {@value #HIGHEST}.
 */
public record PortRange(int first, int last) {

  public static final int LOWEST = 1;
  public static final int HIGHEST = 65_535;

  private static final Pattern SYNTAX = Pattern.compile("([0-9]{1,9})(?:-([0-9]{1,9}))?");
  private static final String EXPECTED =
      "a port or a range of ports such as \"8080\" or \"15000-15010\", within 1-65535";

  public PortRange {
    if (first < LOWEST || last > HIGHEST || first > HIGHEST || last < LOWEST) {
      throw new InvalidValueException(
          ProblemCode.BAD_PORT, EXPECTED, "'" + text(first, last) + "'", "");
    }
    if (first > last) {
      throw new InvalidValueException(
          ProblemCode.INVERTED_RANGE,
          "the lower port first",
          "'" + text(first, last) + "'",
          "write \"" + last + "-" + first + "\"");
    }
  }

  /**
   * Reads {@code 8080} or {@code 15000-15010}.
   *
   * @throws InvalidValueException when the text is neither, outside the ports, or inverted
   */
  public static PortRange parse(String text) {
    Matcher syntax = SYNTAX.matcher(text);
    if (!syntax.matches()) {
      throw new InvalidValueException(
          ProblemCode.BAD_PORT,
          EXPECTED,
          Quoted.of(text),
          text.indexOf(' ') >= 0 ? "leave out the blanks" : "");
    }
    int first = Integer.parseInt(syntax.group(1));
    String last = syntax.group(2);
    return new PortRange(first, last == null ? first : Integer.parseInt(last));
  }

  public boolean contains(int port) {
    return first <= port && port <= last;
  }

  public boolean overlaps(PortRange other) {
    return first <= other.last && other.first <= last;
  }

  @Override
  public String toString() {
    return text(first, last);
  }

  private static String text(int first, int last) {
    return first == last ? Integer.toString(first) : first + "-" + last;
  }
}
