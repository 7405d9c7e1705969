package dev.shunt.control.policies;

import dev.shunt.control.insight.FlowView;
import dev.shunt.control.insight.SeenFlow;
import dev.shunt.control.nodes.Nodes;
import dev.shunt.control.revisions.RevisionLog;
import dev.shunt.control.web.ApiProblem;
import dev.shunt.control.web.Media;
import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.match.ConnectionVerdict;
import dev.shunt.policy.match.PolicyMatcher;
import dev.shunt.policy.match.PolicyOutcome;
import dev.shunt.policy.match.SocketView;
import dev.shunt.policy.match.Verdict;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Tells which policy, and which line of it, decides about a connection. */
@RestController
@RequestMapping("/api/v1")
@Tag(name = "Policies")
class ExplainController {

  /** A connection as one of its sockets sees it. */
  record Socket(String client, String server, int port, String cgroup) {

    SocketView view(String end) {
      try {
        return SocketView.of(port, orEmpty(client), orEmpty(server), orEmpty(cgroup));
      } catch (IllegalArgumentException e) {
        throw ApiProblem.badRequest(end + ": " + e.getMessage());
      }
    }

    private static String orEmpty(@Nullable String text) {
      return text == null ? "" : text;
    }
  }

  /**
   * @param node explain as on this node; null for a node with {@code nodeLabels}
   * @param nodeLabels explain as on a node with these labels; null for none
   * @param serverEnd null when both ends see the same, as without NAT and in one cgroup
   * @param draft YAML of policies to put beside or in place of the stored ones; null for none
   * @param live {@code address:port} of the client of an open connection that {@code node}
   *     reported, instead of the two ends; null for a connection that might be
   */
  record ExplainRequest(
      @Nullable String node,
      @Nullable Map<String, String> nodeLabels,
      @Nullable Socket clientEnd,
      @Nullable Socket serverEnd,
      @Nullable String draft,
      @Nullable String live) {}

  /**
   * @param verdict {@code eligible}, or the reason why policy does not accelerate the connection
   * @param clientEnd null when that end of an open connection is not on the node
   * @param serverEnd null when that end of an open connection is not on the node
   * @param seen connections just like this one that the node reported within the last hour, and
   *     what became of them; always empty without {@code node}
   */
  record Explanation(
      String verdict,
      @Nullable EndExplanation clientEnd,
      @Nullable EndExplanation serverEnd,
      List<FlowView> seen) {}

  /**
   * @param verdict what this end is counted under
   * @param winner name of the policy that decided; null when none matches
   * @param policies every policy in winning order
   */
  record EndExplanation(
      String verdict, @Nullable String winner, List<PolicyExplanation> policies) {}

  /**
   * @param reason one sentence
   */
  record PolicyExplanation(
      String name,
      @Schema(allowableValues = {"Won", "Outranked", "NotMatched", "NotOnNode"}) String standing,
      String reason,
      List<DimensionExplanation> dimensions) {}

  /**
   * @param path of the line that decided
   * @param entry the text there
   * @param found the socket's value
   */
  record DimensionExplanation(
      String dimension, boolean matched, String path, String entry, String found) {}

  private final RevisionLog revisions;
  private final Nodes nodes;
  private final LiveConnections live;

  ExplainController(RevisionLog revisions, Nodes nodes, LiveConnections live) {
    this.revisions = revisions;
    this.nodes = nodes;
    this.live = live;
  }

  @PostMapping(path = "/policies:explain", consumes = Media.JSON)
  @Operation(
      operationId = "explainConnection",
      summary = "Tells which policy and which line of it decides about a connection")
  Explanation explain(@RequestBody ExplainRequest asked) {
    PolicyMatcher matcher = PolicyMatcher.forNode(policies(asked.draft()), labels(asked));
    return asked.live() == null
        ? hypothetical(asked, matcher)
        : live(asked.node(), asked.live(), matcher);
  }

  private Explanation hypothetical(ExplainRequest asked, PolicyMatcher matcher) {
    if (asked.clientEnd() == null) {
      throw ApiProblem.badRequest(
          "expected clientEnd {client, server, port, cgroup}, or node and live, found neither");
    }
    SocketView client = asked.clientEnd().view("clientEnd");
    SocketView server = asked.serverEnd() == null ? client : asked.serverEnd().view("serverEnd");
    ConnectionVerdict verdict = matcher.judge(client, server);
    return new Explanation(
        verdict.verdict().text(),
        end(verdict.clientEnd(), verdict.clientWinner(), matcher, client),
        end(verdict.serverEnd(), verdict.serverWinner(), matcher, server),
        asked.node() == null ? List.of() : live.alike(asked.node(), client, server));
  }

  private Explanation live(@Nullable String node, String connection, PolicyMatcher matcher) {
    if (node == null) {
      throw ApiProblem.badRequest("expected node beside live, found none");
    }
    SeenFlow seen = live.find(node, connection);
    SocketView client = LiveConnections.view(seen.flow().client());
    SocketView server = LiveConnections.view(seen.flow().server());
    // Whoever reported the connection saw one end at least.
    SocketView known = client == null ? Objects.requireNonNull(server) : client;
    ConnectionVerdict verdict = matcher.judge(known, server == null ? known : server);
    return new Explanation(
        client == null || server == null ? "remote_peer" : verdict.verdict().text(),
        client == null ? null : end(verdict.clientEnd(), verdict.clientWinner(), matcher, client),
        server == null ? null : end(verdict.serverEnd(), verdict.serverWinner(), matcher, server),
        List.of(FlowView.of(seen)));
  }

  private List<AccelerationPolicy> policies(@Nullable String draft) {
    if (draft == null) {
      return revisions.current().set().policies();
    }
    return Drafts.beside(revisions.current(), draft);
  }

  private Map<String, String> labels(ExplainRequest asked) {
    if (asked.node() == null) {
      return asked.nodeLabels() == null ? Map.of() : asked.nodeLabels();
    }
    Map<String, String> labels = nodes.labels().get(asked.node());
    if (labels == null) {
      throw ApiProblem.notFound("expected the id of a node, found \"" + asked.node() + "\"");
    }
    return labels;
  }

  private static EndExplanation end(
      Verdict verdict,
      @Nullable AccelerationPolicy winner,
      PolicyMatcher matcher,
      SocketView view) {
    return new EndExplanation(
        verdict.text(),
        winner == null ? null : winner.name(),
        matcher.explain(view).policies().stream().map(ExplainController::policy).toList());
  }

  private static PolicyExplanation policy(PolicyOutcome outcome) {
    return new PolicyExplanation(
        outcome.policy().name(),
        switch (outcome.standing()) {
          case WON -> "Won";
          case OUTRANKED -> "Outranked";
          case NOT_MATCHED -> "NotMatched";
          case NOT_ON_NODE -> "NotOnNode";
        },
        outcome.reason(),
        outcome.dimensions().stream()
            .map(
                dimension ->
                    new DimensionExplanation(
                        dimension.dimension().path(),
                        dimension.matched(),
                        dimension.path(),
                        dimension.entry(),
                        dimension.found()))
            .toList());
  }
}
