package dev.shunt.policy;

import java.util.List;

/**
 * The sockets a policy matches: AND between the dimensions, OR inside one. An empty list is a
 * dimension that the document left out: any value matches.
 *
 * @param ports server port of the connection, as the socket sees it
 * @param cgroups cgroup v2 path of the socket
 * @param clients address of the connecting end, as the socket sees it
 * @param servers address of the accepting end, as the socket sees it
 */
public record Match(
    List<PortRange> ports, List<CgroupPattern> cgroups, List<Cidr> clients, List<Cidr> servers) {

  public static final Match ANY = new Match(List.of(), List.of(), List.of(), List.of());

  public Match {
    ports = List.copyOf(ports);
    cgroups = List.copyOf(cgroups);
    clients = List.copyOf(clients);
    servers = List.copyOf(servers);
  }

  /** Entries in all dimensions: what the limit on ranges counts. */
  public int ranges() {
    return ports.size() + cgroups.size() + clients.size() + servers.size();
  }
}
