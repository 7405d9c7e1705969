package dev.shunt.policy.parse;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a stream at its document markers, before anything is parsed, so that a syntax error in one
 * document hides nothing of the next. This is exact: a line that begins with {@code ---} or {@code
 * ...} and then ends or goes on with a blank is a marker everywhere, even where a scalar is open.
 */
final class DocumentSplitter {

  /** Bytes of one document, and the number of lines before it. */
  record Chunk(byte[] utf8, int from, int to, int linesBefore) {

    int size() {
      return to - from;
    }
  }

  private static final int MARKER_LENGTH = 3;

  private final byte[] utf8;
  private final List<Chunk> chunks = new ArrayList<>();
  private int chunkStart;
  private int chunkLine;
  private boolean hasContent;

  private DocumentSplitter(byte[] utf8) {
    this.utf8 = utf8;
  }

  /** The documents that hold more than blanks, comments and directives. */
  static List<Chunk> split(byte[] utf8, int from) {
    DocumentSplitter splitter = new DocumentSplitter(utf8);
    splitter.chunkStart = from;
    splitter.run(from);
    return splitter.chunks;
  }

  private void run(int from) {
    int line = 0;
    int start = from;
    while (start < utf8.length) {
      int end = endOfLine(start);
      if (isMarker(start, end, '-')) {
        cut(start, start, line);
        hasContent = hasContent(start + MARKER_LENGTH, end);
      } else if (isMarker(start, end, '.')) {
        cut(start, end, line + 1);
      } else {
        // A directive can stand only before the content, and says nothing that matters here.
        hasContent |= hasContent(start, end) && (hasContent || utf8[start] != '%');
      }
      start = end;
      line++;
    }
    cut(utf8.length, utf8.length, line);
  }

  private void cut(int end, int next, int nextLine) {
    if (hasContent) {
      chunks.add(new Chunk(utf8, chunkStart, end, chunkLine));
    }
    chunkStart = next;
    chunkLine = nextLine;
    hasContent = false;
  }

  private int endOfLine(int start) {
    int end = start;
    while (end < utf8.length && utf8[end] != '\n' && utf8[end] != '\r') {
      end++;
    }
    boolean twoBytes = end + 1 < utf8.length && utf8[end] == '\r' && utf8[end + 1] == '\n';
    return Math.min(utf8.length, end + (twoBytes ? 2 : 1));
  }

  private boolean isMarker(int start, int end, char of) {
    for (int i = start; i < start + MARKER_LENGTH; i++) {
      if (i >= end || utf8[i] != of) {
        return false;
      }
    }
    return start + MARKER_LENGTH == end || isBlank(utf8[start + MARKER_LENGTH]);
  }

  private boolean hasContent(int start, int end) {
    for (int i = start; i < end; i++) {
      if (!isBlank(utf8[i])) {
        return utf8[i] != '#';
      }
    }
    return false;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t' || b == '\n' || b == '\r';
  }
}
