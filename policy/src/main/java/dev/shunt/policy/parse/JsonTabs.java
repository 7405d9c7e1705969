package dev.shunt.policy.parse;

/**
 * Makes JSON that is indented by tabs readable as YAML, the one respect in which JSON is not: a tab
 * between JSON's tokens becomes a blank, so that every place stays what it was.
 */
final class JsonTabs {

  private JsonTabs() {}

  /**
   * The text as it is, unless it is in flow style and has nothing outside its double quotes that
   * JSON does not have.
   */
  static String replaced(String text) {
    if (text.indexOf('\t') < 0 || !beginsLikeJson(text)) {
      return text;
    }
    StringBuilder blank = new StringBuilder(text);
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted && c == '\\') {
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && c == '\t') {
        blank.setCharAt(i, ' ');
      } else if (!quoted && (c == '\'' || c == '#')) {
        return text;
      }
    }
    return blank.toString();
  }

  private static boolean beginsLikeJson(String text) {
    String stripped = text.stripLeading();
    return stripped.startsWith("{") || stripped.startsWith("[");
  }
}
