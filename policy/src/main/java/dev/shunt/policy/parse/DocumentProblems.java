package dev.shunt.policy.parse;

import dev.shunt.policy.InvalidValueException;
import dev.shunt.policy.Problem;
import dev.shunt.policy.ProblemCode;
import dev.shunt.policy.parse.SourceMap.Position;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Collects the problems of one document; all of them up to a number that nobody reads to the end.
 * Not thread-safe.
 */
final class DocumentProblems {

  static final int MOST = 1_000;

  private final List<Problem> problems = new ArrayList<>();
  private String policy = "";

  /** Names the policy in the problems found from here on, and in those already found. */
  void name(String policy) {
    this.policy = policy;
    problems.replaceAll(
        p ->
            new Problem(
                p.code(),
                policy,
                p.path(),
                p.line(),
                p.column(),
                p.expected(),
                p.found(),
                p.hint()));
  }

  void add(
      ProblemCode code,
      Node.Path path,
      Position position,
      String expected,
      String found,
      String hint) {
    if (problems.size() < MOST) {
      problems.add(
          new Problem(
              code,
              policy,
              path.toString(),
              position.line(),
              position.column(),
              expected,
              found,
              hint));
    } else if (problems.size() == MOST) {
      problems.add(
          new Problem(
              ProblemCode.TOO_MANY_PROBLEMS,
              policy,
              "",
              position.line(),
              position.column(),
              "at most " + MOST + " problems in a document",
              "more",
              "mend these first"));
    }
  }

  void add(ProblemCode code, Node node, String expected, String found, String hint) {
    add(code, node.path(), node.position(), expected, found, hint);
  }

  void add(Node node, InvalidValueException invalid) {
    add(invalid.code(), node, invalid.expected(), invalid.found(), invalid.hint());
  }

  boolean isEmpty() {
    return problems.isEmpty();
  }

  int count() {
    return problems.size();
  }

  /** By their places in the text. */
  List<Problem> all() {
    return problems.stream()
        .sorted(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column))
        .toList();
  }
}
