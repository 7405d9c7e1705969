package dev.shunt.policy;

/**
 * Puts a text of unknown origin into a message: quoted, on one line, without control characters,
 * and not too long.
 */
public final class Quoted {

  private static final int LONGEST = 80;

  private Quoted() {}

  public static String of(String text) {
    StringBuilder quoted = new StringBuilder("'");
    int end =
        text.length() <= LONGEST
            ? text.length()
            : text.offsetByCodePoints(0, Math.min(LONGEST, text.codePointCount(0, text.length())));
    text.substring(0, end).codePoints().forEach(point -> append(quoted, point));
    return quoted.append(end < text.length() ? "…'" : "'").toString();
  }

  private static void append(StringBuilder quoted, int point) {
    boolean printable =
        !Character.isISOControl(point)
            && Character.getType(point) != Character.FORMAT
            && Character.getType(point) != Character.SURROGATE
            && Character.getType(point) != Character.LINE_SEPARATOR
            && Character.getType(point) != Character.PARAGRAPH_SEPARATOR;
    if (printable) {
      quoted.appendCodePoint(point);
    } else {
      quoted.append(String.format("\\u%04x", point));
    }
  }
}
