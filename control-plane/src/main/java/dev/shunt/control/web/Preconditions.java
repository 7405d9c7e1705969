package dev.shunt.control.web;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Optimistic locking by {@code ETag} and {@code If-Match}. */
public final class Preconditions {

  private Preconditions() {}

  /** The entity tag of a version. */
  public static String etag(long version) {
    return '"' + Long.toString(version) + '"';
  }

  /**
   * Checks that the caller has seen the current version.
   *
   * @param ifMatch the header: one or more entity tags, or {@code *} for "whatever it is now"
   * @throws ApiProblem 428 without header, 412 when another version is current
   */
  public static void require(@Nullable String ifMatch, String what, long version) {
    if (ifMatch == null || ifMatch.isBlank()) {
      throw ApiProblem.preconditionRequired(
          "expected the header If-Match with the ETag of "
              + what
              + " as you last read it (or * to overwrite blindly), found none");
    }
    boolean matches =
        Arrays.stream(ifMatch.split(","))
            .map(String::strip)
            .anyMatch(tag -> tag.equals("*") || tag.equals(etag(version)));
    if (!matches) {
      throw ApiProblem.preconditionFailed(
          "expected If-Match: "
              + etag(version)
              + " for "
              + what
              + ", found "
              + ifMatch
              + "; read it again and repeat your change on it");
    }
  }
}
