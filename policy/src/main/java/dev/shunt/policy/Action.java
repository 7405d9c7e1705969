package dev.shunt.policy;

/** What a policy wants for the sockets it wins. */
public enum Action implements Token {
  BYPASS("Bypass"),
  ACCELERATE("Accelerate");

  private final String text;

  Action(String text) {
    this.text = text;
  }

  @Override
  public String text() {
    return text;
  }
}
