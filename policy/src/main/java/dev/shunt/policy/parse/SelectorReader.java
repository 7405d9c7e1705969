package dev.shunt.policy.parse;

import dev.shunt.policy.InvalidValueException;
import dev.shunt.policy.LabelRequirement;
import dev.shunt.policy.LabelRequirement.Operator;
import dev.shunt.policy.Labels;
import dev.shunt.policy.NodeSelector;
import org.jspecify.annotations.Nullable;

/** Reads {@code spec.nodes}. */
final class SelectorReader {

  private final DocumentProblems problems;

  SelectorReader(DocumentProblems problems) {
    this.problems = problems;
  }

  NodeSelector read(@Nullable MapReader reader) {
    if (reader == null) {
      return NodeSelector.EVERY_NODE;
    }
    var labels = reader.texts("matchLabels", Labels::check);
    var expressions = reader.values("matchExpressions", true, this::requirement);
    reader.finish();
    return new NodeSelector(labels, expressions);
  }

  private @Nullable LabelRequirement requirement(Node node) {
    MapReader reader = MapReader.of(node, problems);
    if (reader == null) {
      return null;
    }
    String key = reader.text(reader.require("key"));
    Node operatorNode = reader.require("operator");
    Operator operator = reader.word(operatorNode, Operator.class, null);
    int problemsBefore = problems.count();
    var values = reader.values("values", true, reader::text);
    boolean valuesAreTexts = problems.count() == problemsBefore;
    reader.finish();
    if (key == null || operator == null || !valuesAreTexts) {
      return null;
    }
    try {
      return new LabelRequirement(key, operator, values);
    } catch (InvalidValueException e) {
      problems.add(node, e);
      return null;
    }
  }
}
