package dev.shunt.node.sync;

import dev.shunt.node.agent.AgentLog;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps every line. */
final class TestLog implements AgentLog {
  private final List<String> lines = new CopyOnWriteArrayList<>();

  List<String> lines() {
    return lines;
  }

  @Override
  public void info(String ids, String sentence) {
    lines.add("INFO " + ids + " " + sentence);
  }

  @Override
  public void warn(String ids, String sentence) {
    lines.add("WARN " + ids + " " + sentence);
  }

  @Override
  public void error(String ids, String sentence) {
    lines.add("ERROR " + ids + " " + sentence);
  }
}
