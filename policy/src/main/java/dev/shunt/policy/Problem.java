package dev.shunt.policy;

import static java.util.Objects.requireNonNull;

/**
 * One thing that is wrong with one place of a document or of a policy set.
 *
 * @param policy name of the policy; empty when it is unknown or when the problem is about the whole
 *     set
 * @param path inside the resource, such as {@code spec.match.ports[0]}; empty for the resource as a
 *     whole
 * @param line from 1 in the parsed text; 0 when the policy did not come from text
 * @param column from 1, in code points; 0 when {@code line} is 0
 * @param expected what would have been right
 * @param found what was there instead
 * @param hint what to do; may be empty
 */
public record Problem(
    ProblemCode code,
    String policy,
    String path,
    int line,
    int column,
    String expected,
    String found,
    String hint) {

  public Problem {
    requireNonNull(code, "code");
    requireNonNull(policy, "policy");
    requireNonNull(path, "path");
    requireNonNull(expected, "expected");
    requireNonNull(found, "found");
    requireNonNull(hint, "hint");
    if (line < 0 || column < 0) {
      throw new IllegalArgumentException(
          "expected a position from 1, or 0 for none, found " + line + ":" + column);
    }
  }

  /** A problem with a policy that did not come from text. */
  public static Problem of(
      ProblemCode code, String policy, String path, String expected, String found, String hint) {
    return new Problem(code, policy, path, 0, 0, expected, found, hint);
  }

  public Severity severity() {
    return code.severity();
  }

  public boolean isError() {
    return severity() == Severity.ERROR;
  }

  /** The same problem at a place of a text. */
  public Problem at(int line, int column) {
    return new Problem(code, policy, path, line, column, expected, found, hint);
  }

  /** One sentence, or two, for a human; without code and position. */
  public String message() {
    String sentence = code.title() + ": expected " + expected + ", found " + found;
    return hint.isEmpty() ? sentence : sentence + "; " + hint;
  }

  /** One line, as the command line prints it. */
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder(code.id());
    if (!policy.isEmpty()) {
      line.append(' ').append(policy);
    }
    if (!path.isEmpty()) {
      line.append(' ').append(path);
    }
    if (this.line > 0) {
      line.append(" (line ").append(this.line).append(", column ").append(column).append(')');
    }
    return line.append(": ").append(message()).toString();
  }
}
