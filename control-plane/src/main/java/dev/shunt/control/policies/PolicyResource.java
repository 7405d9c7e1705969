package dev.shunt.control.policies;

import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** A policy as the API shows it: what its author wrote with every default, and how it stands. */
record PolicyResource(
    String apiVersion, String kind, Metadata metadata, PolicyDocument.Spec spec, Status status) {

  /**
   * @param resourceVersion changes with every change; the ETag without its quotes
   * @param generation changes with every change of the spec
   */
  @Schema(name = "PolicyMetadata")
  record Metadata(
      String name,
      Map<String, String> labels,
      Map<String, String> annotations,
      String resourceVersion,
      long generation,
      Instant creationTimestamp,
      Instant updateTimestamp) {}

  /**
   * @param revision that brought this content
   * @param observedGeneration generation of the spec that the counts are about
   */
  @Schema(name = "PolicyStatus")
  record Status(
      long revision, long observedGeneration, NodeCounts nodes, List<Condition> conditions) {}

  /**
   * @param applied nodes known to carry the policy as it is now
   * @param desired nodes that should
   * @param rejected nodes that refused the update that brings it
   */
  record NodeCounts(int applied, int desired, int rejected) {}

  /**
   * @param reason one word for programs
   */
  record Condition(
      String type,
      @Schema(allowableValues = {"True", "False", "Unknown"}) String status,
      String reason,
      String message,
      Instant lastTransitionTime) {}
}
