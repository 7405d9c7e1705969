package dev.shunt.node.cli;

import dev.shunt.policy.match.PolicyMatcher;
import dev.shunt.policy.match.PolicyOutcome;
import dev.shunt.policy.match.SocketView;
import dev.shunt.policy.match.Verdict;
import dev.shunt.policy.observe.Flow;
import dev.shunt.policy.observe.FlowEnd;
import dev.shunt.policy.observe.Observation;
import dev.shunt.policy.observe.ReasonSentences;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An explanation for people. */
final class ExplanationText {
  private final PolicyMatcher matcher;

  ExplanationText(PolicyMatcher matcher) {
    this.matcher = matcher;
  }

  List<String> hypothetical(SocketView client, SocketView server) {
    var lines = new ArrayList<String>();
    lines.add("%s → %s:%d".formatted(client.client(), server.server(), server.serverPort()));
    lines.add("  policy      " + sentence(matcher.judge(client, server).verdict()));
    addEnd(lines, "client end", client, List.of());
    addEnd(lines, "server end", server, List.of());
    return lines;
  }

  List<String> live(Flow flow) {
    var lines = new ArrayList<String>();
    SocketView any = flow.anyEnd().view();
    lines.add(
        "%s:%d → %s:%d, open"
            .formatted(any.client(), flow.clientPorts().get(0), any.server(), any.serverPort()));
    lines.add("  now         " + now(flow.verdict()));
    String would = flow.would();
    if (would != null) {
      lines.add("  if enforced " + enforced(would));
    }
    FlowEnd client = flow.client();
    FlowEnd server = flow.server();
    if (client != null && server != null) {
      lines.add("  policy      " + sentence(matcher.judge(client.view(), server.view()).verdict()));
    }
    addEnd(lines, "client end", client);
    addEnd(lines, "server end", server);
    return lines;
  }

  private void addEnd(List<String> lines, String title, @Nullable FlowEnd end) {
    if (end == null) {
      lines.add("  " + title + "  not on this host");
    } else {
      addEnd(lines, title, end.view(), List.copyOf(end.obstacles()));
    }
  }

  private void addEnd(List<String> lines, String title, SocketView view, List<String> obstacles) {
    lines.add("  " + title + "  cgroup " + view.cgroup());
    obstacles.forEach(word -> lines.add("    socket: " + word + ", " + ReasonSentences.of(word)));
    List<PolicyOutcome> outcomes = matcher.explain(view).policies();
    if (outcomes.isEmpty()) {
      lines.add("    this node carries no policy");
    }
    for (PolicyOutcome outcome : outcomes) {
      lines.add("    " + outcome.policy().name() + ": " + outcome.reason());
    }
  }

  private static String now(String verdict) {
    return switch (verdict) {
      case Observation.ACCELERATED -> "accelerated";
      case Observation.UNDECIDED -> "plain TCP, not decided yet";
      case Flow.UNMATCHED -> "plain TCP: no policy matches either end";
      default -> "plain TCP: " + verdict + ", " + ReasonSentences.of(verdict);
    };
  }

  private static String enforced(String would) {
    return switch (would) {
      case Observation.ACCELERATED ->
          "it would be accelerated: nothing was seen that speaks against it";
      case Observation.UNDECIDED ->
          "not known yet: it is too young, or nothing was sent or received";
      default -> "it would stay plain TCP: " + would + ", " + ReasonSentences.of(would);
    };
  }

  private static String sentence(Verdict verdict) {
    return verdict == Verdict.ELIGIBLE
        ? "eligible: both ends' winners say Accelerate and Enforce"
        : verdict.text() + ", " + ReasonSentences.of(verdict.text());
  }
}
