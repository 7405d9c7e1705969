package dev.shunt.control.web;

import dev.shunt.policy.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong with one place of a document.
 *
 * @param code stable, {@code SH} and three digits
 * @param policy null when the problem is about the whole set or the name is unknown
 * @param path inside the resource; empty for the resource as a whole
 * @param line from 1 in the text that was sent; null when the problem has no place there
 * @param column from 1; null when line is
 */
public record ProblemView(
    String code,
    Level severity,
    @Nullable String policy,
    String path,
    @Nullable Integer line,
    @Nullable Integer column,
    String expected,
    String found,
    String message) {

  /** An error stops the change, a warning does not. */
  public enum Level {
    Error,
    Warning
  }

  public static ProblemView of(Problem problem) {
    boolean placed = problem.line() > 0;
    return new ProblemView(
        problem.code().id(),
        problem.isError() ? Level.Error : Level.Warning,
        problem.policy().isEmpty() ? null : problem.policy(),
        problem.path(),
        placed ? problem.line() : null,
        placed ? problem.column() : null,
        problem.expected(),
        problem.found(),
        problem.message());
  }

  public static List<ProblemView> of(List<Problem> problems) {
    return problems.stream().map(ProblemView::of).toList();
  }
}
