package dev.shunt.policy;

import static java.util.Objects.requireNonNull;

/**
 * A sentence about one socket that must hold for the whole policy set; a failing test blocks the
 * save.
 *
 * @param port server port, as the socket sees it
 */
public record PolicyTest(
    IpAddress client, IpAddress server, int port, CgroupPath cgroup, Expectation expect) {

  public PolicyTest {
    if (port < PortRange.LOWEST || port > PortRange.HIGHEST) {
      throw new InvalidValueException(
          ProblemCode.BAD_PORT, "a port from 1 to 65535", Integer.toString(port), "");
    }
    requireNonNull(cgroup, "cgroup");
    requireNonNull(expect, "expect");
    if (client.family() != server.family()) {
      throw new InvalidValueException(
          ProblemCode.BAD_ADDRESS,
          "client and server of one address family",
          client + " and " + server,
          "a socket sees both ends in one family; an IPv4-mapped address counts as IPv4");
    }
  }
}
