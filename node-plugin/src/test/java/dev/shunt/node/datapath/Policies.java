package dev.shunt.node.datapath;

import dev.shunt.policy.compile.CompiledPolicySet;
import dev.shunt.policy.compile.PolicyCompiler;
import dev.shunt.policy.parse.ParsedPolicies;
import dev.shunt.policy.parse.PolicyParser;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Policy sets for tests, written as people write them. */
final class Policies {
  private Policies() {}

  static CompiledPolicySet none() {
    return PolicyCompiler.compile(List.of());
  }

  /** One policy on one port of one cgroup, for loopback addresses of both families. */
  static CompiledPolicySet onPort(String name, int port) {
    return compile(document(name, port));
  }

  /** Policies with names from {@code prefix-first} on, each on a port of its own. */
  static CompiledPolicySet many(String prefix, int first, int count) {
    return compile(
        IntStream.range(first, first + count)
            .mapToObj(i -> document(prefix + "-" + i, 1000 + i))
            .collect(Collectors.joining("---\n")));
  }

  /** One policy for connections from so many networks of either family. */
  static CompiledPolicySet networks(int count) {
    String clients =
        IntStream.range(0, count)
            .mapToObj(i -> "\"10.%d.%d.0/24\", \"fd00:%x::/32\"".formatted(i >> 8, i & 255, i))
            .collect(Collectors.joining(", "));
    return compile(
        """
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata: {name: networks}
        spec:
          priority: 100
          action: Accelerate
          mode: Enforce
          match: {clients: [%s]}
        """
            .formatted(clients));
  }

  /** One policy, named real, on a listener's port in a cgroup. */
  static CompiledPolicySet real(String enrolment, ServerSocketChannel listener, Path cgroup)
      throws IOException {
    return compile(
        """
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata: {name: real}
        spec:
          priority: 100
          action: Accelerate
          mode: Enforce
          enrolment: %s
          match:
            ports: ["%d"]
            cgroups: ["/%s"]
        """
            .formatted(
                enrolment,
                ((InetSocketAddress) listener.getLocalAddress()).getPort(),
                cgroup.getFileName()));
  }

  static CompiledPolicySet compile(String yaml) {
    ParsedPolicies parsed = PolicyParser.parse(yaml.getBytes(StandardCharsets.UTF_8));
    if (!parsed.problems().isEmpty()) {
      throw new AssertionError("a test's policy is wrong: " + parsed.problems());
    }
    return PolicyCompiler.compile(parsed.policies());
  }

  private static String document(String name, int port) {
    return """
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata: {name: %s}
        spec:
          priority: 100
          action: Accelerate
          mode: Enforce
          match:
            ports: ["%d"]
            cgroups: ["/shunt-test/**"]
            clients: ["127.0.0.0/8", "::1/128"]
            servers: ["127.0.0.0/8", "::1/128"]
        """
        .formatted(name, port);
  }
}
