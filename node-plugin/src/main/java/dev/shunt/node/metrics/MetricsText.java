package dev.shunt.node.metrics;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Writes the Prometheus text format 0.0.4, one family after the other. */
final class MetricsText {

  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  /** What a family's numbers mean over time. */
  enum Kind {
    COUNTER,
    GAUGE,
    SUMMARY
  }

  private final StringBuilder text = new StringBuilder(8_192);
  private final Set<String> families = new LinkedHashSet<>();

  /** Starts a family; its samples follow. */
  MetricsText family(String name, Kind kind, String help) {
    if (!families.add(name)) {
      throw new IllegalStateException("the family " + name + " was written already");
    }
    text.append("# HELP ").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ")
        .append(name)
        .append(' ')
        .append(kind.name().toLowerCase(Locale.ROOT))
        .append('\n');
    return this;
  }

  MetricsText sample(String name, Map<String, String> labels, double value) {
    text.append(name);
    char separator = '{';
    for (Map.Entry<String, String> label : labels.entrySet()) {
      text.append(separator)
          .append(label.getKey())
          .append("=\"")
          .append(escape(label.getValue()))
          .append('"');
      separator = ',';
    }
    if (separator == ',') {
      text.append('}');
    }
    text.append(' ').append(number(value)).append('\n');
    return this;
  }

  MetricsText sample(String name, double value) {
    return sample(name, Map.of(), value);
  }

  Set<String> families() {
    return Set.copyOf(families);
  }

  @Override
  public String toString() {
    return text.toString();
  }

  /** Labels in the given order: name, value, name, value. */
  static Map<String, String> labels(String... namesAndValues) {
    var labels = new LinkedHashMap<String, String>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      labels.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return labels;
  }

  private static String number(double value) {
    boolean whole = value == Math.rint(value) && Math.abs(value) < 1L << 53;
    return whole ? Long.toString((long) value) : Double.toString(value);
  }

  private static String escape(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }
}
