package dev.shunt.node.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Numbers and tables for people. */
final class Human {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

  private Human() {}

  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return unit == 0
        ? bytes + " B"
        : String.format(Locale.ROOT, value < 10 ? "%.2f %s" : "%.1f %s", value, UNITS[unit]);
  }

  /** Its two largest units. */
  static String age(Duration age) {
    long seconds = age.toSeconds();
    if (seconds == 0) {
      return age.toMillis() + " ms";
    }
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3600) {
      return seconds / 60 + " min " + seconds % 60 + " s";
    }
    return seconds < 86_400
        ? seconds / 3600 + " h " + seconds / 60 % 60 + " min"
        : seconds / 86_400 + " d " + seconds / 3600 % 24 + " h";
  }

  /**
   * Columns two blanks apart; numbers in between are right-aligned, the first and last column left.
   */
  static List<String> table(List<List<String>> rows) {
    return table(rows, true);
  }

  /** Columns of words, two blanks apart. */
  static List<String> wordTable(List<List<String>> rows) {
    return table(rows, false);
  }

  private static List<String> table(List<List<String>> rows, boolean numbers) {
    int columns = rows.stream().mapToInt(List::size).max().orElse(0);
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    var lines = new ArrayList<String>();
    for (List<String> row : rows) {
      var line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        boolean left = !numbers || i == 0 || i == columns - 1;
        String padding = " ".repeat(widths[i] - row.get(i).length());
        line.append(left ? row.get(i) + padding : padding + row.get(i)).append("  ");
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  static List<String> row(String... cells) {
    return Arrays.asList(cells);
  }
}
