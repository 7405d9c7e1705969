package dev.shunt.policy.compile;

/** Where a class comes from, in the order of {@code enum shunt_dimension}. */
public enum Dimension {
  PORT,
  CGROUP,
  CLIENT,
  SERVER
}
