package dev.shunt.policy;

/**
 * A text is not a value of the type it was meant for. Carries the parts of a {@link Problem} that
 * do not depend on the place.
 */
public final class InvalidValueException extends IllegalArgumentException {

  private static final long serialVersionUID = 1;

  private final ProblemCode code;
  private final String expected;
  private final String found;
  private final String hint;

  public InvalidValueException(ProblemCode code, String expected, String found, String hint) {
    super("expected " + expected + ", found " + found + (hint.isEmpty() ? "" : "; " + hint));
    this.code = code;
    this.expected = expected;
    this.found = found;
    this.hint = hint;
  }

  public ProblemCode code() {
    return code;
  }

  public String expected() {
    return expected;
  }

  public String found() {
    return found;
  }

  public String hint() {
    return hint;
  }
}
