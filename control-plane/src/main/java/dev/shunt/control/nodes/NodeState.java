package dev.shunt.control.nodes;

import dev.shunt.control.push.DesiredState;
import java.time.Duration;
import java.time.Instant;

/** How a node stands to what it should carry, spelled as the API spells it. */
public enum NodeState {
  /** It carries exactly what it should. */
  InSync,
  /** It was not told yet, or has not answered yet. */
  Pending,
  /** It refused what it should carry. */
  Rejected,
  /** It confirmed an update, but its maps hold something else. */
  Drifted,
  /** It is not connected, or says nothing; nobody knows what it carries. */
  Unreachable;

  static NodeState of(Node node, DesiredState desired, Duration silence, Instant now) {
    Instant lastSeen = node.lastSeen();
    if (!node.connected() || lastSeen == null || lastSeen.plus(silence).isBefore(now)) {
      return Unreachable;
    }
    if (node.applied().digest().equals(desired.digest())) {
      return InSync;
    }
    if (node.drift() != null) {
      return Drifted;
    }
    Rejection rejection = node.rejection();
    return rejection != null && rejection.digest().equals(desired.digest()) ? Rejected : Pending;
  }
}
