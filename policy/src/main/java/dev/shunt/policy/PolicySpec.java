package dev.shunt.policy;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What a policy says.
 *
 * @param priority {@value #LOWEST_PRIORITY} to {@value #HIGHEST_PRIORITY}; higher wins
 * @param nodes the nodes that carry this policy
 * @param match the sockets it matches there
 * @param limits the most that may be queued per direction before it takes TCP
 * @param tests run on every dry run and apply
 */
public record PolicySpec(
    int priority,
    Action action,
    Mode mode,
    NodeSelector nodes,
    Match match,
    Enrolment enrolment,
    BlockingSockets blockingSockets,
    Limits limits,
    List<PolicyTest> tests) {

  public static final int LOWEST_PRIORITY = 0;
  public static final int HIGHEST_PRIORITY = 65_535;

  /** Every edit runs every test against the whole set. */
  public static final int MOST_TESTS = 100;

  public static final int DEFAULT_PRIORITY = 100;
  public static final Action DEFAULT_ACTION = Action.ACCELERATE;
  public static final Mode DEFAULT_MODE = Mode.ENFORCE;
  public static final Enrolment DEFAULT_ENROLMENT = Enrolment.SETTLED;
  public static final BlockingSockets DEFAULT_BLOCKING_SOCKETS = BlockingSockets.EXCLUDE;

  public PolicySpec {
    if (priority < LOWEST_PRIORITY || priority > HIGHEST_PRIORITY) {
      throw new InvalidValueException(
          ProblemCode.OUT_OF_RANGE,
          "a priority from " + LOWEST_PRIORITY + " to " + HIGHEST_PRIORITY,
          Integer.toString(priority),
          "");
    }
    requireNonNull(action, "action");
    requireNonNull(mode, "mode");
    requireNonNull(nodes, "nodes");
    requireNonNull(match, "match");
    requireNonNull(enrolment, "enrolment");
    requireNonNull(blockingSockets, "blockingSockets");
    requireNonNull(limits, "limits");
    tests = List.copyOf(tests);
    if (tests.size() > MOST_TESTS) {
      throw new InvalidValueException(
          ProblemCode.OUT_OF_RANGE,
          "at most " + MOST_TESTS + " tests",
          tests.size() + " tests",
          "");
    }
    if (enrolment == Enrolment.HANDSHAKE && blockingSockets == BlockingSockets.ACCEPT) {
      throw new InvalidValueException(
          ProblemCode.CONFLICTING_FIELDS,
          "blockingSockets: Accept only together with enrolment: Settled",
          "enrolment: Handshake",
          "during the handshake nobody knows yet whether a socket blocks; choose Settled, or leave blockingSockets out");
    }
  }

  /** A spec of defaults that matches {@code match}. */
  public static PolicySpec of(Match match) {
    return new PolicySpec(
        DEFAULT_PRIORITY,
        DEFAULT_ACTION,
        DEFAULT_MODE,
        NodeSelector.EVERY_NODE,
        match,
        DEFAULT_ENROLMENT,
        DEFAULT_BLOCKING_SOCKETS,
        Limits.DEFAULTS,
        List.of());
  }
}
