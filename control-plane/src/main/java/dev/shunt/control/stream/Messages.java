package dev.shunt.control.stream;

import dev.shunt.control.nodes.Greeting;
import dev.shunt.control.nodes.NodeReport;
import dev.shunt.control.nodes.Rejection;
import dev.shunt.protocol.node.v1.Hello;
import dev.shunt.protocol.node.v1.Nack;
import dev.shunt.protocol.node.v1.PolicyCounters;
import dev.shunt.protocol.node.v1.Status;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads what nodes send into the words of the core. */
final class Messages {

  /** A node that refuses a large set may name every policy; a table row should not grow with it. */
  private static final int MOST_ERRORS = 100;

  private Messages() {}

  static Greeting greeting(Hello hello) {
    return new Greeting(
        hello.getLabelsMap(),
        cut(hello.getAgentVersion(), 64),
        cut(hello.getKernelRelease(), 128),
        hello.getAppliedVersion(),
        cut(hello.getAppliedDigest(), 64));
  }

  static List<Rejection.Reason> reasons(Nack nack) {
    return nack.getErrorsList().stream()
        .limit(MOST_ERRORS)
        .map(
            error ->
                new Rejection.Reason(
                    error.getResource(),
                    error.getPath(),
                    error.getCode(),
                    error.getErrno(),
                    error.getMessage()))
        .toList();
  }

  static NodeReport report(Status status) {
    Map<String, NodeReport.Counters> policies = new HashMap<>();
    for (PolicyCounters counters : status.getPoliciesList()) {
      policies.put(
          counters.getPolicy(),
          new NodeReport.Counters(
              0,
              counters.getAcceleratedConnections(),
              counters.getRedirectedBytes(),
              counters.getRedirectedMessages(),
              counters.getReasonsMap()));
    }
    NodeReport.Counters totals =
        new NodeReport.Counters(
            status.getLiveConnections(),
            status.getAcceleratedConnections(),
            status.getRedirectedBytes(),
            status.getRedirectedMessages(),
            status.getReasonsMap());
    return new NodeReport(datapath(status), totals, policies, status.getProblemsList());
  }

  private static NodeReport.Datapath datapath(Status status) {
    return switch (status.getState()) {
      case DATAPATH_STATE_ACTIVE -> NodeReport.Datapath.ACTIVE;
      case DATAPATH_STATE_DEGRADED -> NodeReport.Datapath.DEGRADED;
      case DATAPATH_STATE_REFUSED -> NodeReport.Datapath.REFUSED;
      case DATAPATH_STATE_UNSPECIFIED, UNRECOGNIZED -> NodeReport.Datapath.UNKNOWN;
    };
  }

  private static String cut(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most);
  }
}
