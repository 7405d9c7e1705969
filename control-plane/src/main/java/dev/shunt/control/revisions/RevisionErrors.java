package dev.shunt.control.revisions;

import dev.shunt.control.web.ApiError;
import dev.shunt.control.web.ApiProblem;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** Before the advice that takes every exception. */
@Order(Ordered.HIGHEST_PRECEDENCE)
@RestControllerAdvice(basePackages = "dev.shunt.control")
class RevisionErrors {

  @ExceptionHandler
  ResponseEntity<ApiError> refused(SetRefusedException refusal) {
    return ApiError.of(ApiProblem.invalid(refusal.problems())).response();
  }
}
