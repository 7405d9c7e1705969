package dev.shunt.policy.parse;

import java.util.Collection;
import java.util.Locale;

/** Guesses which word was meant. */
final class Similar {

  private static final int LONGEST = 40;
  private static final int MOST_EDITS = 2;

  private Similar() {}

  /** "did you mean …?", or nothing when no word is close. */
  static String hint(String found, Collection<String> words) {
    if (found.length() > LONGEST) {
      return "";
    }
    String best = "";
    int fewest = MOST_EDITS + 1;
    for (String word : words) {
      int edits = edits(found.toLowerCase(Locale.ROOT), word.toLowerCase(Locale.ROOT));
      if (edits < fewest && edits < word.length() / 2 + 1) {
        fewest = edits;
        best = word;
      }
    }
    return best.isEmpty() ? "" : "did you mean " + best + "?";
  }

  private static int edits(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replace = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replace, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
