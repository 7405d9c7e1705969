package dev.shunt.policy.parse;

import dev.shunt.policy.parse.SourceMap.Position;

/** Turns an offset into a line and a column. */
final class Positions {

  private Positions() {}

  /**
   * Position of the character at {@code offset} of a text that {@code linesBefore} lines precede.
   */
  static Position of(String text, int offset, int linesBefore) {
    int line = linesBefore + 1;
    int lineStart = 0;
    for (int i = 0; i < offset; i++) {
      boolean breaks =
          text.charAt(i) == '\n'
              || text.charAt(i) == '\r' && (i + 1 >= text.length() || text.charAt(i + 1) != '\n');
      if (breaks) {
        line++;
        lineStart = i + 1;
      }
    }
    return new Position(line, text.codePointCount(lineStart, offset) + 1);
  }
}
