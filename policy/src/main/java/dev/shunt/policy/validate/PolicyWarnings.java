package dev.shunt.policy.validate;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Action;
import dev.shunt.policy.CgroupPattern;
import dev.shunt.policy.Cidr;
import dev.shunt.policy.Dimension;
import dev.shunt.policy.Match;
import dev.shunt.policy.PortRange;
import dev.shunt.policy.Problem;
import dev.shunt.policy.ProblemCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is suspicious about one policy by itself. */
final class PolicyWarnings {

  /**
   * Ports that carry probes and metrics only: short connections, often from elsewhere, that gain
   * nothing.
   */
  private static final SortedMap<Integer, String> HEALTH_CHECK_PORTS =
      new TreeMap<>(
          Map.of(
              4_191, "Linkerd's proxy: metrics and probes",
              10_248, "the kubelet's health check",
              10_256, "kube-proxy's health check",
              15_020, "Istio's agent: metrics and probes",
              15_021, "Istio's readiness probe",
              15_090, "Envoy's metrics under Istio"));

  /** Networks whose addresses can be this host's. */
  private static final List<Cidr> CAN_BE_LOCAL =
      List.of(
          Cidr.parse("127.0.0.0/8"),
          Cidr.parse("10.0.0.0/8"),
          Cidr.parse("172.16.0.0/12"),
          Cidr.parse("192.168.0.0/16"),
          Cidr.parse("100.64.0.0/10"),
          Cidr.parse("169.254.0.0/16"),
          Cidr.parse("::1/128"),
          Cidr.parse("fc00::/7"),
          Cidr.parse("fe80::/10"));

  /** Patterns are compared with each other; beyond this many nobody waits for it. */
  private static final int MOST_PATTERNS_COMPARED = 256;

  private final AccelerationPolicy policy;
  private final List<Problem> warnings = new ArrayList<>();

  private PolicyWarnings(AccelerationPolicy policy) {
    this.policy = policy;
  }

  static List<Problem> of(AccelerationPolicy policy) {
    PolicyWarnings warnings = new PolicyWarnings(policy);
    Match match = policy.spec().match();
    if (policy.spec().action() == Action.ACCELERATE) {
      warnings.checkWidth(match);
      warnings.checkHealthCheckPorts(match.ports());
      warnings.checkServers(match.servers());
    }
    warnings.checkRedundantCidrs(Dimension.CLIENT, match.clients());
    warnings.checkRedundantCidrs(Dimension.SERVER, match.servers());
    warnings.checkRedundantPatterns(match.cgroups());
    warnings.checkNodes();
    return warnings.warnings;
  }

  private void warn(ProblemCode code, String path, String expected, String found, String hint) {
    warnings.add(Problem.of(code, policy.name(), path, expected, found, hint));
  }

  private void checkWidth(Match match) {
    if (match.ranges() == 0) {
      warn(
          ProblemCode.MATCHES_EVERYTHING,
          "spec.match",
          "a policy for some of the sockets of a node",
          "one that matches every socket",
          "name at least the cgroups or the ports of the sidecars");
    }
  }

  private void checkHealthCheckPorts(List<PortRange> ports) {
    for (int i = 0; i < ports.size(); i++) {
      PortRange range = ports.get(i);
      for (Map.Entry<Integer, String> port : HEALTH_CHECK_PORTS.entrySet()) {
        if (range.contains(port.getKey())) {
          warn(
              ProblemCode.HEALTH_CHECK_PORT,
              entry(Dimension.PORT, i),
              "ports of application traffic",
              port.getKey() + ", " + port.getValue(),
              "short connections gain nothing; leave the port out or bypass it");
        }
      }
    }
  }

  private void checkServers(List<Cidr> servers) {
    for (int i = 0; i < servers.size(); i++) {
      Cidr servedFrom = servers.get(i);
      if (CAN_BE_LOCAL.stream().noneMatch(local -> local.contains(servedFrom))) {
        warn(
            ProblemCode.REMOTE_SERVERS,
            entry(Dimension.SERVER, i),
            "networks with addresses of this host, such as 127.0.0.0/8 or the pods' network",
            "'" + servedFrom + "'",
            "connections to other hosts are never accelerated");
      }
    }
  }

  private void checkRedundantCidrs(Dimension dimension, List<Cidr> cidrs) {
    Map<Cidr, Integer> indices = new HashMap<>();
    for (int i = 0; i < cidrs.size(); i++) {
      indices.putIfAbsent(cidrs.get(i), i);
    }
    for (int i = 0; i < cidrs.size(); i++) {
      Cidr inner = cidrs.get(i);
      Integer around = null;
      for (int length = inner.prefixLength() - 1; length >= 0 && around == null; length--) {
        around = indices.get(Cidr.around(inner.base(), length));
      }
      if (around != null) {
        redundant(dimension, i, inner, around, cidrs.get(around));
      }
    }
  }

  private void checkRedundantPatterns(List<CgroupPattern> patterns) {
    if (patterns.size() > MOST_PATTERNS_COMPARED) {
      return;
    }
    for (int i = 0; i < patterns.size(); i++) {
      Integer around = firstAround(patterns, i);
      if (around != null) {
        redundant(Dimension.CGROUP, i, patterns.get(i), around, patterns.get(around));
      }
    }
  }

  private static @Nullable Integer firstAround(List<CgroupPattern> patterns, int inner) {
    for (int i = 0; i < patterns.size(); i++) {
      if (i != inner && patterns.get(i).contains(patterns.get(inner))) {
        return i;
      }
    }
    return null;
  }

  private void redundant(
      Dimension dimension, int index, Object inner, int aroundIndex, Object around) {
    warn(
        ProblemCode.REDUNDANT_ENTRY,
        entry(dimension, index),
        "entries that add something",
        "'" + inner + "', which is inside " + entry(dimension, aroundIndex) + " '" + around + "'",
        "remove it");
  }

  private void checkNodes() {
    if (NodeExample.of(policy.spec().nodes()).isEmpty()) {
      warn(
          ProblemCode.NO_NODE,
          "spec.nodes",
          "a selector that some node can match",
          "requirements that contradict each other",
          "");
    }
  }

  private static String entry(Dimension dimension, int index) {
    return dimension.path() + "[" + index + "]";
  }
}
