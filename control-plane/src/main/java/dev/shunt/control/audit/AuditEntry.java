package dev.shunt.control.audit;

import java.time.Instant;

/**
 * One write or refusal.
 *
 * @param action what was done or tried, for example {@code policies.commit}
 * @param target what it was done to, for example {@code revision/7}
 * @param detail one line for a human; never a secret
 */
public record AuditEntry(
    Instant at, Actor actor, String action, String target, Outcome outcome, String detail) {

  /** Whether it happened. */
  public enum Outcome {
    Done,
    Refused
  }

  public static AuditEntry done(
      Instant at, Actor actor, String action, String target, String detail) {
    return new AuditEntry(at, actor, action, target, Outcome.Done, detail);
  }

  public static AuditEntry refused(
      Instant at, Actor actor, String action, String target, String detail) {
    return new AuditEntry(at, actor, action, target, Outcome.Refused, detail);
  }
}
