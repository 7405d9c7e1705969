package dev.shunt.node.traffic;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A network namespace of the test's own, with loopback up; deleted at the end. */
final class Namespace implements Closeable {
  private static final AtomicInteger COUNT = new AtomicInteger();

  private final String name =
      "shunt-test-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();

  Namespace() throws IOException {
    Command.run("ip", "netns", "add", name);
    inside("ip", "link", "set", "lo", "up");
  }

  /** Joins two namespaces by a pair of virtual Ethernet devices with these addresses. */
  static void join(Namespace left, String leftAddress, Namespace right, String rightAddress)
      throws IOException {
    Command.run(
        "ip",
        "link",
        "add",
        "veth0",
        "netns",
        left.name,
        "type",
        "veth",
        "peer",
        "name",
        "veth0",
        "netns",
        right.name);
    left.address(leftAddress);
    right.address(rightAddress);
  }

  private void address(String address) throws IOException {
    if (address.contains(":")) {
      // Without this an address is unusable for two seconds while its uniqueness is probed.
      inside("sysctl", "-qw", "net.ipv6.conf.veth0.accept_dad=0");
    }
    inside("ip", "address", "add", address, "dev", "veth0");
    inside("ip", "link", "set", "veth0", "up");
  }

  /** Runs a command in the namespace to its end. */
  void inside(String... command) throws IOException {
    Command.run(wrap(List.of(command)).toArray(String[]::new));
  }

  /** What its kernel counted, by the name that nstat(8) has for it. */
  long counter(String name) throws IOException {
    List<String> command = List.of("nstat", "--zeros", "--ignore", "--noupdate", name);
    String table = Command.run(wrap(command).toArray(String[]::new));
    return Long.parseLong(table.substring(table.indexOf(name)).split("\\s+")[1]);
  }

  /** nsenter, not {@code ip netns exec}: the latter mounts another /sys and hides cgroups. */
  List<String> wrap(List<String> command) {
    List<String> wrapped =
        new java.util.ArrayList<>(List.of("nsenter", "--net=/run/netns/" + name));
    wrapped.addAll(command);
    return wrapped;
  }

  @Override
  public void close() throws IOException {
    Command.run("ip", "netns", "delete", name);
  }
}
