package dev.shunt.policy;

/** When a socket may join: once it has proven itself safe, or already in its handshake. */
public enum Enrolment implements Token {
  SETTLED("Settled"),
  HANDSHAKE("Handshake");

  private final String text;

  Enrolment(String text) {
    this.text = text;
  }

  @Override
  public String text() {
    return text;
  }
}
