package dev.shunt.policy.match;

/**
 * What policy alone says of a connection. All but {@link #ELIGIBLE} are words of the datapath's
 * closed set of reasons; an eligible connection can still be refused one of the other words by the
 * datapath.
 */
public enum Verdict {
  ELIGIBLE("eligible"),
  NO_POLICY("no_policy"),
  BYPASSED_BY_POLICY("bypassed_by_policy"),
  OBSERVED_ONLY("observed_only"),
  PEER_NOT_CONSENTING("peer_not_consenting");

  private final String text;

  Verdict(String text) {
    this.text = text;
  }

  /** The word in metrics and in the API. */
  public String text() {
    return text;
  }
}
