package dev.shunt.control.policies;

import dev.shunt.control.revisions.PolicyChange;
import dev.shunt.control.revisions.PolicyEdit;
import dev.shunt.control.revisions.SetChange;
import dev.shunt.control.web.Media;
import dev.shunt.policy.AccelerationPolicy;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.parameters.RequestBody;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Applies files of policies as people keep them in version control. */
@RestController
@RequestMapping("/api/v1/manifests")
@Tag(name = "Policies")
class ManifestController {

  /** What applying did to one document. */
  enum Effect {
    Created,
    Changed,
    Unchanged
  }

  record Applied(String name, Effect effect) {}

  /**
   * @param revision the newest revision after applying: a new one unless nothing changed
   */
  record ManifestResult(long revision, List<Applied> policies) {}

  private final PolicyEdits edits;

  ManifestController(PolicyEdits edits) {
    this.edits = edits;
  }

  @PutMapping(consumes = {Media.YAML, Media.JSON})
  @Operation(
      operationId = "applyManifests",
      summary = "Creates or replaces the policies of a stream of documents in one transaction",
      description =
          "All of them or none. Policies that are not in the stream stay. ?dryRun=true tells what"
              + " would change.",
      requestBody =
          @RequestBody(
              required = true,
              content =
                  @Content(
                      mediaType = Media.YAML,
                      schema = @Schema(implementation = String.class))),
      responses =
          @ApiResponse(
              responseCode = "200",
              content =
                  @Content(
                      mediaType = Media.JSON,
                      schema = @Schema(oneOf = {ManifestResult.class, DryRun.class}))))
  ResponseEntity<Object> apply(
      @RequestParam(defaultValue = "false") boolean dryRun,
      @RequestParam(required = false) @Nullable String message,
      HttpServletRequest request)
      throws IOException {
    PolicyText text = PolicyText.read(request);
    List<AccelerationPolicy> policies = text.all();
    PolicyEdit edit =
        current -> policies.stream().<PolicyEdit.Step>map(PolicyEdit.Step.Put::new).toList();
    if (dryRun) {
      return ResponseEntity.ok(edits.tryOut(text, edit));
    }
    SetChange change = edits.commit(text, edit, message, request);
    Map<String, PolicyChange> changes =
        change.changes().stream()
            .collect(Collectors.toMap(PolicyChange::name, Function.identity()));
    return ResponseEntity.ok(
        new ManifestResult(
            change.after().revision(),
            policies.stream()
                .map(policy -> new Applied(policy.name(), effect(changes.get(policy.name()))))
                .toList()));
  }

  private static Effect effect(@Nullable PolicyChange change) {
    if (change == null) {
      return Effect.Unchanged;
    }
    return change.before() == null ? Effect.Created : Effect.Changed;
  }
}
