package dev.shunt.policy.parse;

/** Reads a stream of YAML or JSON documents, one policy each. Never throws on any input. */
public final class PolicyParser {

  private PolicyParser() {}

  /**
   * Reads every document of a text.
   *
   * @param utf8 YAML or JSON; a byte order mark is skipped
   */
  public static ParsedPolicies parse(byte[] utf8) {
    throw new UnsupportedOperationException("the parser follows in the next commit");
  }
}
