package dev.shunt.node.cli;

import dev.shunt.node.datapath.DatapathInspection;
import dev.shunt.node.datapath.DatapathStatus;
import java.util.Locale;

/** The word a status begins with; a closed set. */
enum NodeState {
  ACTIVE,
  /** Nothing is installed. */
  INACTIVE,
  DRAINING,
  DEGRADED;

  static NodeState of(DatapathInspection inspection) {
    return switch (inspection.presence()) {
      case ABSENT -> INACTIVE;
      case HALF_MADE, OTHER_VERSION, NEWER_LAYOUT -> DEGRADED;
      case INSTALLED, OTHER_PROGRAMS -> {
        DatapathStatus status = inspection.status();
        yield status == null ? DEGRADED : of(status.state());
      }
    };
  }

  private static NodeState of(DatapathStatus.State state) {
    return switch (state) {
      case IDLE, ACTIVE -> ACTIVE;
      case DRAINING -> DRAINING;
      case DETACHED -> DEGRADED;
    };
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
