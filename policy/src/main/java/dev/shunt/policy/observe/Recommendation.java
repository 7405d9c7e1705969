package dev.shunt.policy.observe;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether a policy's connections should be accelerated, and why.
 *
 * @param because one sentence
 * @param gain null when nothing can be expected
 * @param notes further sentences worth knowing before deciding
 */
public record Recommendation(
    Answer accelerate, String because, @Nullable ExpectedGain gain, List<String> notes) {

  /** What an operator should do. */
  public enum Answer {
    YES("yes"),
    NO("no"),
    /** Not enough was seen to say. */
    UNKNOWN("unknown");

    private final String text;

    Answer(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  public Recommendation {
    notes = List.copyOf(notes);
  }

  /** {@code accelerate: yes, because …}. */
  public String sentence() {
    return "accelerate: " + accelerate.text() + ", because " + because;
  }
}
