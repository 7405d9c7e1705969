package dev.shunt.node.agent;

import dev.shunt.node.datapath.DatapathException;
import dev.shunt.node.datapath.DatapathStatus;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the datapath fares now.
 *
 * @param status null when it could not be read
 * @param problems one sentence each, with what to do; empty when all is well
 */
public record Health(@Nullable DatapathStatus status, List<String> problems) {

  public Health {
    problems = List.copyOf(problems);
  }

  /** Reads the maps; never throws. */
  public static Health of(Enforcer enforcer) {
    var problems = new ArrayList<String>();
    if (!enforcer.problem().isEmpty()) {
      problems.add(enforcer.problem());
    }
    try {
      DatapathStatus status = enforcer.status();
      problems.addAll(problemsOf(status));
      return new Health(status, problems);
    } catch (DatapathException e) {
      problems.add("the datapath cannot be read: " + e.getMessage());
      return new Health(null, problems);
    }
  }

  /** What is wrong with a datapath that can be read. */
  public static List<String> problemsOf(DatapathStatus status) {
    var problems = new ArrayList<>(status.problems());
    switch (status.state()) {
      case ACTIVE, IDLE -> {}
      case DRAINING ->
          problems.add("the datapath is draining: nobody is enrolled, every message goes by TCP");
      case DETACHED ->
          problems.add(
              "the programs are pinned but not attached, probably because their cgroup was removed; restart the node plugin to attach"
                  + " them again");
    }
    return problems;
  }
}
