package dev.shunt.node.check;

/**
 * One thing that was tried.
 *
 * @param name stable, for scripts
 * @param tried what was looked at
 * @param seen what was found there
 * @param effect what Shunt will therefore do
 * @param advice what an operator can do; empty when nothing needs doing
 */
public record CheckLine(String name, String tried, String seen, Effect effect, String advice) {

  /** What Shunt does on this machine, as far as one line decides it. */
  public enum Effect {
    FULL("full"),
    HANDSHAKE_ONLY("handshake only"),
    REFUSE("refuse");

    private final String word;

    Effect(String word) {
      this.word = word;
    }

    public String word() {
      return word;
    }
  }

  static CheckLine full(String name, String tried, String seen) {
    return new CheckLine(name, tried, seen, Effect.FULL, "");
  }

  static CheckLine refuse(String name, String tried, String seen, String advice) {
    return new CheckLine(name, tried, seen, Effect.REFUSE, advice);
  }
}
