package dev.shunt.control.insight;

import dev.shunt.control.nodes.Nodes;
import dev.shunt.control.web.ApiProblem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1")
@Tag(name = "Nodes")
class FlowController {

  /**
   * @param since start of what is remembered, at most an hour ago; null when the node has not
   *     reported since the server started
   * @param truncated whether there are more than are listed
   */
  record Flows(@Nullable Instant since, boolean truncated, List<FlowView> items) {}

  private final Insights insights;
  private final Nodes nodes;

  FlowController(Insights insights, Nodes nodes) {
    this.insights = insights;
    this.nodes = nodes;
  }

  @GetMapping("/nodes/{id}/flows")
  @Operation(
      operationId = "listFlows",
      summary = "Lists connections that a node reported within the last hour",
      description =
          "Grouped by what policies can tell apart, matched by a policy or not. Kept in memory:"
              + " after a restart of the server the list begins anew.")
  Flows flows(@PathVariable String id) {
    if (!nodes.labels().containsKey(id)) {
      throw ApiProblem.notFound("expected the id of a node, found \"" + id + "\"");
    }
    Insights.Seen seen = insights.seenOf(id);
    return new Flows(
        seen.since(),
        seen.truncated(),
        seen.flows().stream()
            .map(FlowView::of)
            .sorted(
                Comparator.comparing(
                        (FlowView flow) -> flow.client() != null && flow.server() != null)
                    .thenComparing(FlowView::open)
                    .reversed())
            .toList());
  }
}
