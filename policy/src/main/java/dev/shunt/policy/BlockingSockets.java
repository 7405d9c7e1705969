package dev.shunt.policy;

/**
 * Whether sockets without {@code O_NONBLOCK} may join. {@link #ACCEPT} means that the owner agrees
 * to the differences that a blocking reader can see.
 */
public enum BlockingSockets implements Token {
  EXCLUDE("Exclude"),
  ACCEPT("Accept");

  private final String text;

  BlockingSockets(String text) {
    this.text = text;
  }

  @Override
  public String text() {
    return text;
  }
}
