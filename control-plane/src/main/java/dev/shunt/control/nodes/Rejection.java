package dev.shunt.control.nodes;

import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;

/**
 * An update that a node refused as a whole.
 *
 * @param digest of the refused set; it is not sent again until another is desired or somebody
 *     retries
 */
public record Rejection(long revision, String digest, Instant at, List<Reason> errors) {

  /**
   * @param policy empty when the error is about the whole set
   * @param path inside the policy, may be empty
   * @param code {@code SH0xx}, or the operation that failed in the datapath
   * @param errno name of the errno, empty when there is none
   */
  @Schema(name = "RejectionReason")
  public record Reason(String policy, String path, String code, String errno, String message) {}

  public Rejection {
    errors = List.copyOf(errors);
  }
}
