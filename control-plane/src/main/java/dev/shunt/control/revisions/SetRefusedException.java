package dev.shunt.control.revisions;

import dev.shunt.policy.Problem;
import java.util.List;

/** The judge found errors in the set that an edit leads to; nothing was written. */
public final class SetRefusedException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final transient List<Problem> problems;

  SetRefusedException(List<Problem> problems) {
    super("expected a policy set without errors, found " + problems);
    this.problems = List.copyOf(problems);
  }

  /** Errors and warnings. */
  public List<Problem> problems() {
    return problems;
  }
}
