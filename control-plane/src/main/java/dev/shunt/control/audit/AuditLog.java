package dev.shunt.control.audit;

/** Where writes and refusals are recorded. Thread-safe. */
@FunctionalInterface
public interface AuditLog {

  /** Records an entry; part of the caller's transaction when there is one. */
  void record(AuditEntry entry);
}
