package dev.shunt.control.web;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;

/**
 * The body of every refusal: RFC 9457, with the problems of a policy document beside it.
 *
 * @param type where the kind of refusal is explained
 * @param status the HTTP status again
 * @param problems empty unless a policy document is wrong
 */
public record ApiError(
    String type, String title, int status, String detail, @Nullable List<ProblemView> problems) {

  public static ApiError of(HttpStatus status, String title, String detail) {
    return new ApiError("about:blank", title, status.value(), detail, null);
  }

  public static ApiError of(ApiProblem problem) {
    return new ApiError(
        "about:blank",
        problem.title(),
        problem.status().value(),
        problem.detail(),
        problem.problems().isEmpty() ? null : ProblemView.of(problem.problems()));
  }

  public ResponseEntity<ApiError> response() {
    return ResponseEntity.status(status).contentType(MediaType.APPLICATION_PROBLEM_JSON).body(this);
  }
}
