package dev.shunt.policy;

/** Whether a policy acts, or only counts what it would do. */
public enum Mode implements Token {
  OBSERVE("Observe"),
  ENFORCE("Enforce");

  private final String text;

  Mode(String text) {
    this.text = text;
  }

  @Override
  public String text() {
    return text;
  }
}
