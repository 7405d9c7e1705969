package dev.shunt.control.policies;

import dev.shunt.control.revisions.PolicyEdit;
import dev.shunt.control.revisions.PolicySnapshot;
import dev.shunt.control.revisions.RevisionLog;
import dev.shunt.control.revisions.SetChange;
import dev.shunt.control.revisions.StoredPolicy;
import dev.shunt.control.web.ApiProblem;
import dev.shunt.control.web.Cursor;
import dev.shunt.control.web.Media;
import dev.shunt.control.web.Page;
import dev.shunt.control.web.Preconditions;
import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CanonicalJson;
import dev.shunt.policy.PolicyYaml;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@RestController
@RequestMapping("/api/v1/policies")
@Tag(name = "Policies")
class PolicyController {

  private static final MediaType YAML = MediaType.parseMediaType(Media.YAML);

  private final RevisionLog revisions;
  private final PolicyEdits edits;
  private final PolicyViews views;
  private final JsonMapper json;

  PolicyController(RevisionLog revisions, PolicyEdits edits, PolicyViews views, JsonMapper json) {
    this.revisions = revisions;
    this.edits = edits;
    this.views = views;
    this.json = json;
  }

  @GetMapping
  @PolicyApi.ListPolicies
  ResponseEntity<Object> list(
      @RequestParam(required = false) @Nullable String filter,
      @RequestParam(defaultValue = "200") int limit,
      @RequestParam(name = "continue", required = false) @Nullable String cursor,
      HttpServletRequest request) {
    PolicySnapshot snapshot = revisions.current();
    Stream<StoredPolicy> rest =
        cursor == null
            ? snapshot.policies().values().stream()
            : snapshot.policies().tailMap(Cursor.text(cursor) + "\0").values().stream();
    List<StoredPolicy> found =
        rest.filter(stored -> filter == null || matches(stored.policy(), filter))
            .limit(Page.limit(limit) + 1L)
            .toList();
    Page<StoredPolicy> page = Page.of(found, limit, last -> Cursor.of(last.name()));
    if (Media.wantsYaml(request)) {
      return ResponseEntity.ok()
          .contentType(YAML)
          .body(PolicyYaml.write(page.items().stream().map(StoredPolicy::policy).toList()));
    }
    PolicyViews.Views shown = views.of(snapshot);
    return ResponseEntity.ok(
        new Page<>(page.items().stream().map(shown::show).toList(), page.next()));
  }

  /** Finds a text anywhere in what people see of a policy. */
  private static boolean matches(AccelerationPolicy policy, String filter) {
    return PolicyYaml.write(policy)
        .toLowerCase(Locale.ROOT)
        .contains(filter.toLowerCase(Locale.ROOT));
  }

  @GetMapping("/{name}")
  @PolicyApi.GetPolicy
  ResponseEntity<Object> get(@PathVariable String name, HttpServletRequest request) {
    PolicySnapshot snapshot = revisions.current();
    StoredPolicy stored = existing(snapshot, name);
    if (Media.wantsYaml(request)) {
      return tagged(stored).contentType(YAML).body(PolicyYaml.write(stored.policy()));
    }
    return tagged(stored).body(views.of(snapshot).show(stored));
  }

  @PostMapping(consumes = {Media.JSON, Media.YAML})
  @PolicyApi.CreatePolicy
  ResponseEntity<Object> create(
      @RequestParam(defaultValue = "false") boolean dryRun,
      @RequestParam(required = false) @Nullable String message,
      HttpServletRequest request)
      throws IOException {
    PolicyText text = PolicyText.read(request);
    AccelerationPolicy policy = text.one();
    PolicyEdit edit =
        current -> {
          if (current.find(policy.name()) != null) {
            throw ApiProblem.conflict(
                "expected a new name, found the policy \""
                    + policy.name()
                    + "\" already there; change it with PUT /api/v1/policies/"
                    + policy.name());
          }
          return List.of(new PolicyEdit.Step.Put(policy));
        };
    if (dryRun) {
      return ResponseEntity.ok(edits.tryOut(text, edit));
    }
    SetChange change = edits.commit(text, edit, message, request);
    StoredPolicy stored = existing(change.after(), policy.name());
    return ResponseEntity.created(URI.create("/api/v1/policies/" + policy.name()))
        .eTag(Preconditions.etag(stored.sinceRevision()))
        .body(views.of(change.after()).show(stored));
  }

  @PutMapping(
      path = "/{name}",
      consumes = {Media.JSON, Media.YAML})
  @PolicyApi.ReplacePolicy
  ResponseEntity<Object> replace(
      @PathVariable String name,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
      @RequestParam(defaultValue = "false") boolean dryRun,
      @RequestParam(required = false) @Nullable String message,
      HttpServletRequest request)
      throws IOException {
    PolicyText text = PolicyText.read(request);
    AccelerationPolicy policy = text.one(name);
    return change(
        name,
        text,
        current -> {
          unchanged(current, name, ifMatch);
          return List.of(new PolicyEdit.Step.Put(policy));
        },
        dryRun,
        message,
        request);
  }

  @PatchMapping(path = "/{name}", consumes = Media.MERGE_PATCH)
  @PolicyApi.PatchPolicy
  ResponseEntity<Object> patch(
      @PathVariable String name,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
      @RequestParam(defaultValue = "false") boolean dryRun,
      @RequestParam(required = false) @Nullable String message,
      @RequestBody byte[] patch,
      HttpServletRequest request) {
    StoredPolicy stored = unchanged(revisions.current(), name, ifMatch);
    JsonNode document = json.readTree(CanonicalJson.write(stored.policy()));
    PolicyText text =
        PolicyText.ofOurs(json.writeValueAsBytes(MergePatch.apply(document, tree(patch))));
    AccelerationPolicy policy = text.one(name);
    return change(
        name,
        text,
        current -> {
          // Against the version that was patched, also when the caller said "whatever it is now".
          Preconditions.require(
              Preconditions.etag(stored.sinceRevision()),
              "policy " + name,
              existing(current, name).sinceRevision());
          return List.of(new PolicyEdit.Step.Put(policy));
        },
        dryRun,
        message,
        request);
  }

  private JsonNode tree(byte[] text) {
    try {
      return json.readTree(text);
    } catch (JacksonException e) {
      throw ApiProblem.badRequest("expected JSON, found " + e.getOriginalMessage());
    }
  }

  @DeleteMapping("/{name}")
  @PolicyApi.DeletePolicy
  ResponseEntity<Object> delete(
      @PathVariable String name,
      @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
      @RequestParam(defaultValue = "false") boolean dryRun,
      @RequestParam(required = false) @Nullable String message,
      HttpServletRequest request) {
    PolicyEdit edit =
        current -> {
          unchanged(current, name, ifMatch);
          return List.of(new PolicyEdit.Step.Remove(name));
        };
    if (dryRun) {
      return ResponseEntity.ok(edits.tryOut(PolicyText.NONE, edit));
    }
    edits.commit(PolicyText.NONE, edit, message, request);
    return ResponseEntity.noContent().build();
  }

  private ResponseEntity<Object> change(
      String name,
      PolicyText text,
      PolicyEdit edit,
      boolean dryRun,
      @Nullable String message,
      HttpServletRequest request) {
    if (dryRun) {
      return ResponseEntity.ok(edits.tryOut(text, edit));
    }
    SetChange change = edits.commit(text, edit, message, request);
    StoredPolicy stored = existing(change.after(), name);
    return tagged(stored).body(views.of(change.after()).show(stored));
  }

  private static ResponseEntity.BodyBuilder tagged(StoredPolicy stored) {
    return ResponseEntity.ok().eTag(Preconditions.etag(stored.sinceRevision()));
  }

  /** The policy, when the caller has seen its current version. */
  private static StoredPolicy unchanged(
      PolicySnapshot snapshot, String name, @Nullable String ifMatch) {
    StoredPolicy stored = existing(snapshot, name);
    Preconditions.require(ifMatch, "policy " + name, stored.sinceRevision());
    return stored;
  }

  private static StoredPolicy existing(PolicySnapshot snapshot, String name) {
    StoredPolicy stored = snapshot.find(name);
    if (stored == null) {
      throw ApiProblem.notFound("expected the name of a policy, found \"" + name + "\"");
    }
    return stored;
  }
}
