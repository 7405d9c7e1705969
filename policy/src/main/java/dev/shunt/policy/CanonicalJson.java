package dev.shunt.policy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * The one JSON text of a policy: keys sorted, defaults spelled out, no blanks, no status, UTF-8.
 * Equal policies have equal bytes on every machine, which is why no library has a say in it: a
 * release that escapes differently would change every digest. {@code PolicyParser} reads it back.
 */
public final class CanonicalJson {

  private CanonicalJson() {}

  public static byte[] write(AccelerationPolicy policy) {
    StringBuilder json = new StringBuilder(1_024);
    append(json, PolicyTree.of(policy));
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** CRC-32 of a policy's canonical spec: equal on every machine, and other for another spec. */
  public static int fingerprint(PolicySpec spec) {
    CRC32 crc = new CRC32();
    crc.update(text(PolicyTree.spec(spec)).getBytes(StandardCharsets.UTF_8));
    return (int) crc.getValue();
  }

  /** The canonical text of a part of a policy's tree. */
  static String text(Object value) {
    StringBuilder json = new StringBuilder();
    append(json, value);
    return json.toString();
  }

  private static void append(StringBuilder json, Object value) {
    if (value instanceof Map<?, ?> map) {
      appendMap(json, map);
    } else if (value instanceof List<?> list) {
      appendList(json, list);
    } else if (value instanceof String text) {
      appendText(json, text);
    } else {
      json.append(value);
    }
  }

  private static void appendMap(StringBuilder json, Map<?, ?> map) {
    Map<Object, Object> sorted = new TreeMap<>(map);
    char separator = '{';
    for (Map.Entry<Object, Object> entry : sorted.entrySet()) {
      json.append(separator);
      appendText(json, (String) entry.getKey());
      json.append(':');
      append(json, entry.getValue());
      separator = ',';
    }
    json.append(separator == '{' ? "{}" : "}");
  }

  private static void appendList(StringBuilder json, List<?> list) {
    char separator = '[';
    for (Object element : list) {
      json.append(separator);
      append(json, element);
      separator = ',';
    }
    json.append(separator == '[' ? "[]" : "]");
  }

  private static void appendText(StringBuilder json, String text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (mustBeEscaped(c)) {
        json.append(String.format("\\u%04x", (int) c));
      } else {
        json.append(c);
      }
    }
    json.append('"');
  }

  /** JSON's own rule, and what YAML calls not printable, since one parser reads both. */
  private static boolean mustBeEscaped(char c) {
    return c < 0x20
        || c >= 0x7f && c < 0xa0
        || c == '\u2028'
        || c == '\u2029'
        || c == '\ufeff'
        || c >= '\ufffe';
  }
}
