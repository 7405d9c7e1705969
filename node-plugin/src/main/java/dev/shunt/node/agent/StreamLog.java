package dev.shunt.node.agent;

import java.io.PrintStream;
import java.time.Clock;
import java.time.temporal.ChronoUnit;

/**
 * {@code 2026-01-31T12:00:00.123Z INFO node=a revision=3 sentence}: RFC 3339 UTC, level, ids,
 * sentence.
 */
public final class StreamLog implements AgentLog {

  private final PrintStream out;
  private final Clock clock;

  public StreamLog(PrintStream out, Clock clock) {
    this.out = out;
    this.clock = clock;
  }

  @Override
  public void info(String ids, String sentence) {
    line("INFO ", ids, sentence);
  }

  @Override
  public void warn(String ids, String sentence) {
    line("WARN ", ids, sentence);
  }

  @Override
  public void error(String ids, String sentence) {
    line("ERROR", ids, sentence);
  }

  private void line(String level, String ids, String sentence) {
    String time = clock.instant().truncatedTo(ChronoUnit.MILLIS).toString();
    String oneLine = sentence.replace('\n', ' ');
    // One call, so that lines of several threads do not mix.
    out.println(time + " " + level + " " + (ids.isEmpty() ? "" : ids + " ") + oneLine);
  }
}
