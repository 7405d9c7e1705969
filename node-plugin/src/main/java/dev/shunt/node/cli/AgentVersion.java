package dev.shunt.node.cli;

import java.util.Objects;

/** The version in the jar's manifest. */
final class AgentVersion {
  private AgentVersion() {}

  static String text() {
    return Objects.requireNonNullElse(
        AgentVersion.class.getPackage().getImplementationVersion(), "development");
  }

  static String kernel() {
    return System.getProperty("os.version", "unknown");
  }
}
