package dev.shunt.policy.parse;

import dev.shunt.policy.Quoted;
import dev.shunt.policy.parse.SourceMap.Position;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A part of a document, with its place. A map or list that is the value of a key stands where the
 * key stands.
 */
sealed interface Node {

  Position position();

  Path path();

  /** What this is, for a message that expected something else. */
  String kind();

  /** A text as it stands between the quotes, or plain. */
  record ScalarNode(String text, boolean plain, Position position, Path path) implements Node {

    private static final Pattern NULL = Pattern.compile("|~|null|Null|NULL");
    private static final Pattern BOOLEAN = Pattern.compile("true|True|TRUE|false|False|FALSE");
    private static final Pattern NUMBER =
        Pattern.compile(
            "[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");
    private static final Pattern INTEGER = Pattern.compile("0|-?[1-9][0-9]*");

    boolean isNothing() {
      return plain && NULL.matcher(text).matches();
    }

    boolean isInteger() {
      return plain && INTEGER.matcher(text).matches();
    }

    /** Whether YAML's core schema reads this as a text, not as null, a boolean or a number. */
    boolean isText() {
      return !plain
          || !NULL.matcher(text).matches() && !BOOLEAN.matcher(text).matches() && !isNumber();
    }

    private boolean isNumber() {
      return NUMBER.matcher(text).matches();
    }

    @Override
    public String kind() {
      if (isNothing()) {
        return "nothing";
      }
      if (isText()) {
        return "the text " + Quoted.of(text);
      }
      return (isNumber() ? "the number " : "the boolean ") + Quoted.of(text);
    }
  }

  /**
   * Stands for what was refused already and could not be read, such as an alias; nobody complains
   * about it again.
   */
  record Unread(Position position, Path path) implements Node {

    @Override
    public String kind() {
      return "something unread";
    }
  }

  /** A list, in order. */
  record ListNode(List<Node> elements, Position position, Path path) implements Node {

    @Override
    public String kind() {
      return elements.isEmpty() ? "an empty list" : "a list";
    }
  }

  /** A map in the order of the document; keys are distinct. */
  record MapNode(List<Entry> entries, Position position, Path path) implements Node {

    /** One key and its value. */
    record Entry(String key, Position keyPosition, Node value) {}

    @Nullable Node get(String key) {
      for (Entry entry : entries) {
        if (entry.key().equals(key)) {
          return entry.value();
        }
      }
      return null;
    }

    @Override
    public String kind() {
      return "a map";
    }
  }

  /**
   * A path from the root, spelled out only when somebody asks: a hostile document may have very
   * long keys.
   */
  record Path(@Nullable Path parent, String step) {

    static final Path ROOT = new Path(null, "");

    private static final Pattern SIMPLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]{0,62}");

    Path key(String key) {
      return new Path(
          this,
          SIMPLE.matcher(key).matches()
              ? "." + key
              : "[" + Quoted.of(key).replace('\'', '"') + "]");
    }

    Path index(int index) {
      return new Path(this, "[" + index + "]");
    }

    @Override
    public String toString() {
      StringBuilder text = new StringBuilder();
      append(text);
      return text.length() > 0 && text.charAt(0) == '.' ? text.substring(1) : text.toString();
    }

    private void append(StringBuilder text) {
      if (parent != null) {
        parent.append(text);
      }
      text.append(step);
    }
  }
}
