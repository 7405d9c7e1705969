package dev.shunt.node.check;

import dev.shunt.node.check.CheckLine.Effect;
import java.util.Comparator;
import java.util.List;

/** Every line, and what they come to. */
public record CheckReport(List<CheckLine> lines) {

  public CheckReport {
    lines = List.copyOf(lines);
    if (lines.isEmpty()) {
      throw new IllegalArgumentException("a report must have at least one line, found none");
    }
  }

  /** The least that any line allows. */
  public Effect effect() {
    return lines.stream().map(CheckLine::effect).max(Comparator.naturalOrder()).orElseThrow();
  }

  public boolean fit() {
    return effect() != Effect.REFUSE;
  }

  /** One sentence for each line that refuses. */
  public List<String> refusals() {
    return lines.stream()
        .filter(line -> line.effect() == Effect.REFUSE)
        .map(line -> "%s: %s; %s".formatted(line.name(), line.seen(), line.advice()))
        .toList();
  }
}
