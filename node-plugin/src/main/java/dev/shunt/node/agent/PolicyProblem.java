package dev.shunt.node.agent;

import dev.shunt.policy.Problem;

/**
 * One thing that kept a policy set, or a part of it, from being applied.
 *
 * @param source file the policy came from; empty when it came from the control plane
 * @param resource name of the policy; empty when the problem is about the whole set
 * @param path inside the resource, for example {@code spec.match.ports[0]}; may be empty
 * @param line line in the source, from 1; 0 when unknown
 * @param column column in the source, from 1; 0 when unknown
 * @param code SH0xx for policy problems, or the datapath operation that failed
 * @param errno name of the errno; empty when there is none
 * @param message expected, found, what to do
 */
public record PolicyProblem(
    String source,
    String resource,
    String path,
    int line,
    int column,
    String code,
    String errno,
    String message) {

  /** A problem of the whole set, with no place in a document. */
  public static PolicyProblem ofSet(String code, String errno, String message) {
    return new PolicyProblem("", "", "", 0, 0, code, errno, message);
  }

  /** A problem of one policy that came from the control plane. */
  public static PolicyProblem ofResource(String resource, String code, String message) {
    return new PolicyProblem("", resource, "", 0, 0, code, "", message);
  }

  static PolicyProblem of(String source, String fallbackResource, Problem problem) {
    return new PolicyProblem(
        source,
        problem.policy().isEmpty() ? fallbackResource : problem.policy(),
        problem.path(),
        problem.line(),
        problem.column(),
        problem.code().id(),
        "",
        problem.message());
  }

  /** {@code file:line:column: code message}, the form editors and people jump from. */
  public String display() {
    var text = new StringBuilder();
    if (!source.isEmpty()) {
      text.append(source);
      if (line > 0) {
        text.append(':').append(line).append(':').append(column);
      }
      text.append(": ");
    }
    text.append(code).append(' ');
    if (!resource.isEmpty()) {
      text.append(resource).append(path.isEmpty() ? ": " : " " + path + ": ");
    } else if (!path.isEmpty()) {
      text.append(path).append(": ");
    }
    text.append(message);
    if (!errno.isEmpty()) {
      text.append(" (").append(errno).append(')');
    }
    return text.toString();
  }
}
