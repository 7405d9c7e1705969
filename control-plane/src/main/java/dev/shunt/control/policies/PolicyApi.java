package dev.shunt.control.policies;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.shunt.control.web.Media;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.headers.Header;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.parameters.RequestBody;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the policy resource is described in OpenAPI, kept apart from what it does: bodies are read by
 * the policy parser, so their shape cannot be told from the methods.
 */
final class PolicyApi {

  private PolicyApi() {}

  private static final String EDIT =
      "?dryRun=true validates, runs the tests, and tells the differences and the nodes that would"
          + " be sent an update; nothing is changed. ?message= is kept with the revision.";

  /** A page, as schema only. */
  record PolicyPage(List<PolicyResource> items, @JsonProperty("continue") @Nullable String next) {}

  @Target(ElementType.METHOD)
  @Retention(RetentionPolicy.RUNTIME)
  @Operation(
      operationId = "listPolicies",
      summary = "Lists policies by name",
      description =
          "?filter= finds a text anywhere in a policy. With Accept: application/yaml, one stream"
              + " of documents that PUT /api/v1/manifests takes.",
      responses =
          @ApiResponse(
              responseCode = "200",
              content = {
                @Content(
                    mediaType = Media.JSON,
                    schema = @Schema(implementation = PolicyPage.class)),
                @Content(mediaType = Media.YAML, schema = @Schema(implementation = String.class))
              }))
  @interface ListPolicies {}

  @Target(ElementType.METHOD)
  @Retention(RetentionPolicy.RUNTIME)
  @Operation(
      operationId = "getPolicy",
      summary = "Reads a policy",
      responses =
          @ApiResponse(
              responseCode = "200",
              headers = @Header(name = "ETag", schema = @Schema(implementation = String.class)),
              content = {
                @Content(
                    mediaType = Media.JSON,
                    schema = @Schema(implementation = PolicyResource.class)),
                @Content(mediaType = Media.YAML, schema = @Schema(implementation = String.class))
              }))
  @interface GetPolicy {}

  @Target(ElementType.METHOD)
  @Retention(RetentionPolicy.RUNTIME)
  @Operation(
      operationId = "createPolicy",
      summary = "Creates a policy",
      description = EDIT,
      requestBody =
          @RequestBody(
              required = true,
              content = {
                @Content(mediaType = Media.YAML, schema = @Schema(implementation = String.class)),
                @Content(mediaType = Media.JSON, schema = @Schema(implementation = Object.class))
              }),
      responses = {
        @ApiResponse(
            responseCode = "201",
            description = "Created",
            content =
                @Content(
                    mediaType = Media.JSON,
                    schema = @Schema(implementation = PolicyResource.class))),
        @ApiResponse(
            responseCode = "200",
            description = "Dry run",
            content =
                @Content(mediaType = Media.JSON, schema = @Schema(implementation = DryRun.class)))
      })
  @interface CreatePolicy {}

  @Target(ElementType.METHOD)
  @Retention(RetentionPolicy.RUNTIME)
  @Operation(
      operationId = "replacePolicy",
      summary = "Replaces a policy",
      description = "Needs If-Match with the ETag that was read. " + EDIT,
      requestBody =
          @RequestBody(
              required = true,
              content = {
                @Content(mediaType = Media.YAML, schema = @Schema(implementation = String.class)),
                @Content(mediaType = Media.JSON, schema = @Schema(implementation = Object.class))
              }),
      responses =
          @ApiResponse(
              responseCode = "200",
              content =
                  @Content(
                      mediaType = Media.JSON,
                      schema = @Schema(oneOf = {PolicyResource.class, DryRun.class}))))
  @interface ReplacePolicy {}

  @Target(ElementType.METHOD)
  @Retention(RetentionPolicy.RUNTIME)
  @Operation(
      operationId = "patchPolicy",
      summary = "Changes fields of a policy (JSON Merge Patch)",
      description = "Needs If-Match with the ETag that was read. " + EDIT,
      requestBody =
          @RequestBody(
              required = true,
              content =
                  @Content(
                      mediaType = Media.MERGE_PATCH,
                      schema = @Schema(implementation = Object.class))),
      responses =
          @ApiResponse(
              responseCode = "200",
              content =
                  @Content(
                      mediaType = Media.JSON,
                      schema = @Schema(oneOf = {PolicyResource.class, DryRun.class}))))
  @interface PatchPolicy {}

  @Target(ElementType.METHOD)
  @Retention(RetentionPolicy.RUNTIME)
  @Operation(
      operationId = "deletePolicy",
      summary = "Deletes a policy",
      description = "Needs If-Match with the ETag that was read. " + EDIT,
      responses = {
        @ApiResponse(responseCode = "204", description = "Deleted"),
        @ApiResponse(
            responseCode = "200",
            description = "Dry run",
            content =
                @Content(mediaType = Media.JSON, schema = @Schema(implementation = DryRun.class)))
      })
  @interface DeletePolicy {}
}
