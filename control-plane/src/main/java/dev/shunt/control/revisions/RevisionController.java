package dev.shunt.control.revisions;

import dev.shunt.control.security.Caller;
import dev.shunt.control.web.ApiProblem;
import dev.shunt.control.web.Cursor;
import dev.shunt.control.web.Page;
import dev.shunt.policy.PolicyYaml;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1/revisions")
@Tag(name = "Revisions")
class RevisionController {

  /**
   * @param changes what this revision did to which policy
   */
  @Schema(name = "Revision")
  record RevisionView(
      long number,
      String digest,
      String author,
      String message,
      Instant committedAt,
      List<TouchedPolicy> changes) {

    static RevisionView of(RevisionStore.Entry entry) {
      Revision revision = entry.revision();
      return new RevisionView(
          revision.number(),
          revision.digest(),
          revision.author(),
          revision.message(),
          revision.committedAt(),
          entry.changes().stream()
              .map(touched -> new TouchedPolicy(touched.name(), touched.change()))
              .toList());
    }
  }

  record TouchedPolicy(String policy, PolicyChange.Kind change) {}

  /**
   * @param yaml the whole policy set at this revision, as a stream of documents
   */
  @Schema(name = "RevisionWithPolicies")
  record RevisionDetail(
      long number,
      String digest,
      String author,
      String message,
      Instant committedAt,
      List<TouchedPolicy> changes,
      String yaml) {}

  record RevisionDiff(long from, long to, List<ChangeView> changes) {}

  private final RevisionLog log;
  private final RevisionStore store;

  RevisionController(RevisionLog log, RevisionStore store) {
    this.log = log;
    this.store = store;
  }

  @GetMapping
  @Operation(summary = "Lists revisions, newest first", operationId = "listRevisions")
  Page<RevisionView> list(
      @RequestParam(defaultValue = "100") int limit,
      @RequestParam(name = "continue", required = false) @Nullable String cursor) {
    long before = cursor == null ? Long.MAX_VALUE : Cursor.number(cursor);
    List<RevisionView> found =
        store.page(before, Page.limit(limit) + 1).stream().map(RevisionView::of).toList();
    return Page.of(found, limit, last -> Cursor.of(last.number()));
  }

  @GetMapping("/{number}")
  @Operation(summary = "Reads a revision with its whole policy set", operationId = "getRevision")
  RevisionDetail get(@PathVariable long number) {
    PolicySnapshot snapshot = existing(number);
    RevisionView view = view(number);
    return new RevisionDetail(
        view.number(),
        view.digest(),
        view.author(),
        view.message(),
        view.committedAt(),
        view.changes(),
        PolicyYaml.write(snapshot.set().policies()));
  }

  @GetMapping("/{number}/diff")
  @Operation(
      summary = "Compares a revision with an earlier one, or any other",
      operationId = "diffRevisions")
  RevisionDiff diff(
      @PathVariable long number, @RequestParam(required = false) @Nullable Long against) {
    long from = against == null ? Math.max(0, number - 1) : against;
    return new RevisionDiff(
        from, number, ChangeView.of(SetChange.between(existing(from), existing(number))));
  }

  @PostMapping("/{number}:restore")
  @Operation(
      summary = "Makes the policy set of a revision the current one",
      description =
          "As a new revision; nothing is lost. Answers with the newest revision, which is not new"
              + " when the set is the same.",
      operationId = "restoreRevision")
  RevisionView restore(@PathVariable long number, HttpServletRequest request) {
    PolicySnapshot wanted = existing(number);
    SetChange change =
        log.commit(
            current -> steps(current, wanted), Caller.of(request), "Restore revision " + number);
    return view(change.after().revision());
  }

  private static List<PolicyEdit.Step> steps(PolicySnapshot current, PolicySnapshot wanted) {
    List<PolicyEdit.Step> steps = new ArrayList<>();
    for (PolicyChange change : SetChange.between(current, wanted)) {
      StoredPolicy after = change.after();
      steps.add(
          after == null
              ? new PolicyEdit.Step.Remove(change.name())
              : new PolicyEdit.Step.Put(after.policy()));
    }
    return steps;
  }

  private RevisionView view(long number) {
    return store.page(number + 1, 1).stream()
        .findFirst()
        .map(RevisionView::of)
        .orElseThrow(() -> unknown(number));
  }

  private PolicySnapshot existing(long number) {
    PolicySnapshot snapshot = log.at(number);
    if (snapshot == null) {
      throw unknown(number);
    }
    return snapshot;
  }

  private ApiProblem unknown(long number) {
    return ApiProblem.notFound(
        "expected a revision from 0 to " + log.current().revision() + ", found " + number);
  }
}
