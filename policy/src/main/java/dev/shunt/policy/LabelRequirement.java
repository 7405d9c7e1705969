package dev.shunt.policy;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One expression of a node selector.
 *
 * @param values of In and NotIn, at least one; none for Exists and DoesNotExist
 */
public record LabelRequirement(String key, Operator operator, List<String> values) {

  /** Kubernetes' operators; NotIn is also true for a node without the label. */
  public enum Operator implements Token {
    IN("In", true),
    NOT_IN("NotIn", true),
    EXISTS("Exists", false),
    DOES_NOT_EXIST("DoesNotExist", false);

    private final String text;
    private final boolean takesValues;

    Operator(String text, boolean takesValues) {
      this.text = text;
      this.takesValues = takesValues;
    }

    @Override
    public String text() {
      return text;
    }

    public boolean takesValues() {
      return takesValues;
    }
  }

  public LabelRequirement {
    Labels.checkKey(key);
    requireNonNull(operator, "operator");
    values = List.copyOf(values);
    values.forEach(Labels::checkValue);
    if (operator.takesValues() == values.isEmpty()) {
      throw new InvalidValueException(
          ProblemCode.BAD_SELECTOR,
          operator.takesValues()
              ? "at least one value for " + operator.text()
              : "no values for " + operator.text(),
          values.isEmpty() ? "none" : values.size() + " values",
          "");
    }
  }

  public boolean matches(Map<String, String> labels) {
    @Nullable String value = labels.get(key);
    return switch (operator) {
      case IN -> value != null && values.contains(value);
      case NOT_IN -> value == null || !values.contains(value);
      case EXISTS -> value != null;
      case DOES_NOT_EXIST -> value == null;
    };
  }
}
