package dev.shunt.control.web;

import dev.shunt.policy.Problem;
import java.util.List;
import org.springframework.http.HttpStatus;

/** A refusal that becomes {@code application/problem+json}. */
public final class ApiProblem extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final HttpStatus status;
  private final String title;
  private final transient List<Problem> problems;

  private ApiProblem(HttpStatus status, String title, String detail, List<Problem> problems) {
    super(detail);
    this.status = status;
    this.title = title;
    this.problems = List.copyOf(problems);
  }

  public static ApiProblem badRequest(String detail) {
    return new ApiProblem(HttpStatus.BAD_REQUEST, "Bad request", detail, List.of());
  }

  public static ApiProblem notFound(String detail) {
    return new ApiProblem(HttpStatus.NOT_FOUND, "Not found", detail, List.of());
  }

  public static ApiProblem conflict(String detail) {
    return new ApiProblem(HttpStatus.CONFLICT, "Conflict", detail, List.of());
  }

  public static ApiProblem preconditionRequired(String detail) {
    return new ApiProblem(
        HttpStatus.PRECONDITION_REQUIRED, "Precondition required", detail, List.of());
  }

  public static ApiProblem preconditionFailed(String detail) {
    return new ApiProblem(
        HttpStatus.PRECONDITION_FAILED, "Changed in the meantime", detail, List.of());
  }

  public static ApiProblem unauthorized(String detail) {
    return new ApiProblem(HttpStatus.UNAUTHORIZED, "Not signed in", detail, List.of());
  }

  public static ApiProblem tooManyRequests(String detail) {
    return new ApiProblem(HttpStatus.TOO_MANY_REQUESTS, "Too many attempts", detail, List.of());
  }

  /** The document is wrong in the ways the problems say; all of them at once. */
  public static ApiProblem invalid(List<Problem> problems) {
    long errors = problems.stream().filter(Problem::isError).count();
    return new ApiProblem(
        HttpStatus.UNPROCESSABLE_CONTENT,
        "Invalid policy",
        errors == 1 ? "1 error; nothing was changed" : errors + " errors; nothing was changed",
        problems);
  }

  public HttpStatus status() {
    return status;
  }

  public String title() {
    return title;
  }

  public List<Problem> problems() {
    return problems;
  }

  public String detail() {
    return String.valueOf(getMessage());
  }
}
