package dev.shunt.policy;

/** An error blocks the save; a warning is shown and saved with. */
public enum Severity {
  ERROR,
  WARNING
}
