package dev.shunt.policy.parse;

import java.util.Map;

/** Where each path of one policy stands in the text it was parsed from. */
public record SourceMap(Map<String, Position> positions) {

  /** A place in a text; line and column from 1, the column in code points. */
  public record Position(int line, int column) {}

  public SourceMap {
    positions = Map.copyOf(positions);
  }

  /**
   * The place of a path such as {@code spec.match.ports[0]}, or of the nearest part around it that
   * the text has.
   */
  public Position at(String path) {
    String nearest = path;
    while (true) {
      Position position = positions.get(nearest);
      if (position != null) {
        return position;
      }
      if (nearest.isEmpty()) {
        return new Position(1, 1);
      }
      nearest =
          nearest.substring(
              0, Math.max(0, Math.max(nearest.lastIndexOf('.'), nearest.lastIndexOf('['))));
    }
  }
}
