package dev.shunt.policy;

import java.util.List;

/** What a policy matches on, in the order of {@code enum shunt_dimension}. */
public enum Dimension {
  PORT("ports"),
  CGROUP("cgroups"),
  CLIENT("clients"),
  SERVER("servers");

  private final String field;

  Dimension(String field) {
    this.field = field;
  }

  /** Where the entries of this dimension stand in a policy, such as {@code spec.match.ports}. */
  public String path() {
    return "spec.match." + field;
  }

  /** The entries of this dimension; none means that any value matches. */
  public List<?> entriesOf(Match match) {
    return switch (this) {
      case PORT -> match.ports();
      case CGROUP -> match.cgroups();
      case CLIENT -> match.clients();
      case SERVER -> match.servers();
    };
  }
}
