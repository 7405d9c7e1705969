package dev.shunt.control.nodes;

import dev.shunt.control.security.Caller;
import dev.shunt.control.web.ApiProblem;
import dev.shunt.control.web.Cursor;
import dev.shunt.control.web.Page;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1/nodes")
@Tag(name = "Nodes")
class NodeController {

  private final Nodes nodes;

  NodeController(Nodes nodes) {
    this.nodes = nodes;
  }

  @GetMapping
  @Operation(summary = "Lists nodes by id", operationId = "listNodes")
  Page<NodeView> list(
      @RequestParam(required = false) @Nullable String filter,
      @RequestParam(required = false) @Nullable NodeState state,
      @RequestParam(defaultValue = "200") int limit,
      @RequestParam(name = "continue", required = false) @Nullable String cursor) {
    String after = cursor == null ? "" : Cursor.text(cursor);
    List<NodeView> page =
        nodes.standings().stream()
            .filter(standing -> standing.node().id().compareTo(after) > 0)
            .filter(standing -> state == null || standing.state() == state)
            .filter(standing -> filter == null || matches(standing.node(), filter))
            .limit(Page.limit(limit) + 1L)
            .map(NodeView::of)
            .toList();
    return Page.of(page, limit, last -> Cursor.of(last.id()));
  }

  private static boolean matches(Node node, String filter) {
    String wanted = filter.toLowerCase(Locale.ROOT);
    return node.id().toLowerCase(Locale.ROOT).contains(wanted)
        || node.labels().entrySet().stream()
            .map(label -> label.getKey() + "=" + label.getValue())
            .anyMatch(label -> label.toLowerCase(Locale.ROOT).contains(wanted));
  }

  @GetMapping("/{id}")
  @Operation(summary = "Reads a node", operationId = "getNode")
  NodeView get(@PathVariable String id) {
    Nodes.Standing standing = nodes.standing(id);
    if (standing == null) {
      throw unknown(id);
    }
    return NodeView.of(standing);
  }

  @PostMapping("/{id}:retry")
  @Operation(summary = "Sends a node again what it rejected", operationId = "retryNode")
  NodeView retry(@PathVariable String id, HttpServletRequest request) {
    if (!nodes.retry(id, Caller.of(request))) {
      throw unknown(id);
    }
    return get(id);
  }

  @DeleteMapping("/{id}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  @Operation(
      summary = "Forgets a node and its credential",
      description = "The node keeps enforcing what it has and has to join again to come back.",
      operationId = "deleteNode")
  void delete(@PathVariable String id, HttpServletRequest request) {
    if (!nodes.delete(id, Caller.of(request))) {
      throw unknown(id);
    }
  }

  private static ApiProblem unknown(String id) {
    return ApiProblem.notFound("expected the id of a node, found \"" + id + "\"");
  }
}
