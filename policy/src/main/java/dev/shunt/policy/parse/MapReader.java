package dev.shunt.policy.parse;

import dev.shunt.policy.InvalidValueException;
import dev.shunt.policy.ProblemCode;
import dev.shunt.policy.Quoted;
import dev.shunt.policy.Token;
import dev.shunt.policy.parse.Node.ListNode;
import dev.shunt.policy.parse.Node.MapNode;
import dev.shunt.policy.parse.Node.ScalarNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Takes the fields of one map by name and type. What is wrong becomes a problem and reads as null,
 * so that the caller goes on to the next field; {@link #finish} reports the fields that nobody
 * took.
 */
final class MapReader {

  private final MapNode map;
  private final DocumentProblems problems;
  private final Set<String> known = new LinkedHashSet<>();

  private MapReader(MapNode map, DocumentProblems problems) {
    this.map = map;
    this.problems = problems;
  }

  /** Reads {@code node} as a map; null, with a problem, when it is not one. */
  static @Nullable MapReader of(Node node, DocumentProblems problems) {
    if (node instanceof MapNode map) {
      return new MapReader(map, problems);
    }
    wrongType(node, "a map", nothingHint(node), problems);
    return null;
  }

  MapNode map() {
    return map;
  }

  /** The field, or null when it is absent. */
  @Nullable Node take(String field) {
    known.add(field);
    return map.get(field);
  }

  /** The field; when it is absent, a problem. */
  @Nullable Node require(String field) {
    Node node = take(field);
    if (node == null) {
      problems.add(
          ProblemCode.MISSING_FIELD,
          map.path().key(field),
          map.position(),
          "the field " + field,
          "no such field",
          "");
    }
    return node;
  }

  @Nullable MapReader takeMap(String field) {
    Node node = take(field);
    return node == null ? null : of(node, problems);
  }

  void finish() {
    for (MapNode.Entry entry : map.entries()) {
      if (!known.contains(entry.key())) {
        problems.add(
            ProblemCode.UNKNOWN_FIELD,
            map.path().key(entry.key()),
            entry.keyPosition(),
            "one of " + String.join(", ", known),
            Quoted.of(entry.key()),
            Similar.hint(entry.key(), known));
      }
    }
  }

  @Nullable String text(@Nullable Node node) {
    if (node == null) {
      return null;
    }
    if (node instanceof ScalarNode scalar && scalar.isText()) {
      return wholeCharacters(scalar);
    }
    String hint =
        node instanceof ScalarNode scalar && !scalar.isNothing()
            ? "put it in quotes"
            : nothingHint(node);
    wrongType(node, "a text", hint, problems);
    return null;
  }

  /**
   * JSON's escapes can spell half a character, which no UTF-8 can hold: two different texts would
   * have equal bytes.
   */
  private @Nullable String wholeCharacters(ScalarNode scalar) {
    if (scalar
        .text()
        .codePoints()
        .anyMatch(point -> Character.getType(point) == Character.SURROGATE)) {
      problems.add(ProblemCode.SYNTAX, scalar, "whole characters", "half of a surrogate pair", "");
      return null;
    }
    return scalar.text();
  }

  /** A text or a plain integer, such as a port. */
  @Nullable String textOrInteger(@Nullable Node node) {
    return node instanceof ScalarNode scalar && scalar.isInteger() ? scalar.text() : text(node);
  }

  @Nullable Integer integer(@Nullable Node node, int least, int most) {
    if (node == null) {
      return null;
    }
    String expected = "a whole number from " + least + " to " + most;
    if (!(node instanceof ScalarNode scalar) || !scalar.isInteger()) {
      wrongType(node, expected, nothingHint(node), problems);
      return null;
    }
    boolean fits = scalar.text().length() <= 9;
    int value = fits ? Integer.parseInt(scalar.text()) : 0;
    if (!fits || value < least || value > most) {
      problems.add(ProblemCode.OUT_OF_RANGE, node, expected, Quoted.of(scalar.text()), "");
      return null;
    }
    return value;
  }

  /** One of the words of an enum; {@code absent} when the field is. */
  <T extends Enum<T> & Token> @Nullable T word(
      @Nullable Node node, Class<T> type, @Nullable T absent) {
    if (node == null) {
      return absent;
    }
    String text = text(node);
    if (text == null) {
      return null;
    }
    Set<String> words = new LinkedHashSet<>();
    for (T constant : type.getEnumConstants()) {
      if (constant.text().equals(text)) {
        return constant;
      }
      words.add(constant.text());
    }
    problems.add(
        ProblemCode.NOT_ONE_OF,
        node,
        "one of " + String.join(", ", words),
        Quoted.of(text),
        Similar.hint(text, words));
    return null;
  }

  <T> @Nullable T value(Node node, @Nullable String text, Function<String, T> parser) {
    if (text == null) {
      return null;
    }
    try {
      return parser.apply(text);
    } catch (InvalidValueException e) {
      problems.add(node, e);
      return null;
    }
  }

  /** The elements of a list field; empty when it is absent or not a list. */
  List<Node> elements(String field, boolean mayBeEmpty) {
    Node node = take(field);
    if (node == null) {
      return List.of();
    }
    if (!(node instanceof ListNode list)) {
      wrongType(node, "a list", nothingHint(node), problems);
      return List.of();
    }
    if (list.elements().isEmpty() && !mayBeEmpty) {
      problems.add(
          ProblemCode.EMPTY_LIST,
          node,
          "at least one entry",
          "an empty list",
          "leave the field out to match any value");
    }
    return list.elements();
  }

  /** A list field of one kind of value, without the entries that have a problem. */
  <T> List<T> values(String field, boolean mayBeEmpty, Function<Node, @Nullable T> reader) {
    List<T> values = new ArrayList<>();
    for (Node node : elements(field, mayBeEmpty)) {
      T value = reader.apply(node);
      if (value != null) {
        values.add(value);
      }
    }
    return values;
  }

  /** A map of texts, each checked. */
  Map<String, String> texts(String field, BiConsumer<String, String> check) {
    MapReader reader = takeMap(field);
    if (reader == null) {
      return Collections.emptyMap();
    }
    Map<String, String> texts = new TreeMap<>();
    for (MapNode.Entry entry : reader.map.entries()) {
      String text = text(entry.value());
      if (text != null) {
        try {
          check.accept(entry.key(), text);
          texts.put(entry.key(), text);
        } catch (InvalidValueException e) {
          problems.add(entry.value(), e);
        }
      }
    }
    return texts;
  }

  private static void wrongType(
      Node node, String expected, String hint, DocumentProblems problems) {
    if (!(node instanceof Node.Unread)) {
      problems.add(ProblemCode.WRONG_TYPE, node, expected, node.kind(), hint);
    }
  }

  private static String nothingHint(Node node) {
    return node instanceof ScalarNode scalar && scalar.isNothing()
        ? "give a value or leave the field out"
        : "";
  }
}
