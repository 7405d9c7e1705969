package dev.shunt.policy.match;

import static java.util.Objects.requireNonNull;

import dev.shunt.policy.CgroupPath;
import dev.shunt.policy.IpAddress;
import dev.shunt.policy.PolicyTest;

/**
 * A connection as one of its two sockets sees it. Behind NAT the two see different servers and
 * ports.
 *
 * @param serverPort port of the accepting end
 * @param client address of the connecting end
 * @param server address of the accepting end
 * @param cgroup of this socket
 */
public record SocketView(int serverPort, IpAddress client, IpAddress server, CgroupPath cgroup) {

  private static final int HIGHEST_PORT = 65_535;

  public SocketView {
    if (serverPort < 0 || serverPort > HIGHEST_PORT) {
      throw new IllegalArgumentException(
          "expected a port from 0 to " + HIGHEST_PORT + ", found " + serverPort);
    }
    requireNonNull(client, "client");
    requireNonNull(server, "server");
    requireNonNull(cgroup, "cgroup");
  }

  /**
   * A view from texts such as {@code 10.1.2.3} and {@code /kubepods.slice/pod1}.
   *
   * @throws dev.shunt.policy.InvalidValueException when one of them is not an address or a path
   */
  public static SocketView of(int serverPort, String client, String server, String cgroup) {
    return new SocketView(
        serverPort, IpAddress.parse(client), IpAddress.parse(server), CgroupPath.parse(cgroup));
  }

  /** The view a policy test speaks of. */
  public static SocketView of(PolicyTest test) {
    return new SocketView(test.port(), test.client(), test.server(), test.cgroup());
  }
}
