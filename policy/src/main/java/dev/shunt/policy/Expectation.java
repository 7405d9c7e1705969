package dev.shunt.policy;

/**
 * What a policy test expects of one socket: the action of its winner, whatever the winner's mode,
 * so that a test written while observing still holds when enforcing; or that no policy matches.
 */
public enum Expectation implements Token {
  ACCELERATE("Accelerate"),
  BYPASS("Bypass"),
  NO_MATCH("NoMatch");

  private final String text;

  Expectation(String text) {
    this.text = text;
  }

  @Override
  public String text() {
    return text;
  }
}
