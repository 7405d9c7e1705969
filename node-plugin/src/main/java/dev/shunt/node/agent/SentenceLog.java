package dev.shunt.node.agent;

import java.io.PrintStream;

/**
 * For commands whose output is their answer: only what went wrong is said, and without time and
 * ids.
 */
public final class SentenceLog implements AgentLog {

  private final PrintStream err;

  public SentenceLog(PrintStream err) {
    this.err = err;
  }

  @Override
  public void info(String ids, String sentence) {}

  @Override
  public void warn(String ids, String sentence) {
    err.println(sentence);
  }

  @Override
  public void error(String ids, String sentence) {
    err.println(sentence);
  }
}
