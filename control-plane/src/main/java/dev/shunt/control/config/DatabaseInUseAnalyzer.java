package dev.shunt.control.config;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says in plain words that two servers want one database file. */
final class DatabaseInUseAnalyzer extends AbstractFailureAnalyzer<SQLException> {

  /** H2's DATABASE_ALREADY_OPEN_1. */
  private static final int ALREADY_OPEN = 90_020;

  @Override
  protected @Nullable FailureAnalysis analyze(Throwable root, SQLException cause) {
    return cause.getErrorCode() != ALREADY_OPEN
        ? null
        : new FailureAnalysis(
            "expected the database file below shunt.data-dir to be free, found it in use by another"
                + " process: "
                + cause.getMessage(),
            "Stop the other control plane, or give this one another shunt.data-dir.",
            cause);
  }
}
