package dev.shunt.policy;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Writes a policy as people do: fields in the order of the documentation, every decision spelled
 * out, nothing empty, and quotes wherever some YAML reader could take a text for something else.
 * {@code PolicyParser} reads the same policy back.
 */
public final class PolicyYaml {

  private static final Pattern SURELY_TEXT = Pattern.compile("[A-Za-z/][A-Za-z0-9/._-]*");

  /** Words that YAML 1.1 readers take for booleans or null. */
  private static final Set<String> NOT_TEXT =
      Set.of("y", "n", "yes", "no", "on", "off", "true", "false", "null");

  private static final int LONGEST_LINE = 100;

  private PolicyYaml() {}

  /** One document, without a marker before it. */
  public static String write(AccelerationPolicy policy) {
    StringBuilder yaml = new StringBuilder();
    appendMap(yaml, PolicyTree.of(policy), "");
    return yaml.toString();
  }

  /** A stream of documents in the given order. */
  public static String write(List<AccelerationPolicy> policies) {
    return policies.stream().map(PolicyYaml::write).collect(Collectors.joining("---\n"));
  }

  private static void appendMap(StringBuilder yaml, Map<?, ?> map, String indent) {
    map.forEach(
        (key, value) -> {
          if (!isEmpty(value)) {
            yaml.append(indent).append(text((String) key)).append(':');
            appendValue(yaml, value, indent);
          }
        });
  }

  private static void appendValue(StringBuilder yaml, Object value, String indent) {
    if (value instanceof Map<?, ?> map) {
      yaml.append('\n');
      appendMap(yaml, map, indent + "  ");
    } else if (value instanceof List<?> list) {
      appendList(yaml, list, indent + "  ");
    } else {
      yaml.append(' ').append(inline(value)).append('\n');
    }
  }

  /** On one line when it is short and simple, else an element a line. */
  private static void appendList(StringBuilder yaml, List<?> list, String indent) {
    String inline = inline(list);
    if (!(list.get(0) instanceof Map) && inline.length() <= LONGEST_LINE) {
      yaml.append(' ').append(inline).append('\n');
      return;
    }
    yaml.append('\n');
    list.forEach(element -> yaml.append(indent).append("- ").append(inline(element)).append('\n'));
  }

  private static String inline(Object value) {
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .map(entry -> text((String) entry.getKey()) + ": " + inline(entry.getValue()))
          .collect(Collectors.joining(", ", "{", "}"));
    }
    if (value instanceof List<?> list) {
      return list.stream().map(PolicyYaml::inline).collect(Collectors.joining(", ", "[", "]"));
    }
    return value instanceof String text ? text(text) : value.toString();
  }

  private static boolean isEmpty(Object value) {
    return value instanceof List<?> list && list.isEmpty()
        || value instanceof Map<?, ?> map && map.values().stream().allMatch(PolicyYaml::isEmpty);
  }

  private static String text(String text) {
    boolean plain =
        SURELY_TEXT.matcher(text).matches() && !NOT_TEXT.contains(text.toLowerCase(Locale.ROOT));
    return plain ? text : CanonicalJson.text(text);
  }
}
