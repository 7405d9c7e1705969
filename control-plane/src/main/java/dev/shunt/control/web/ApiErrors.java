package dev.shunt.control.web;

import jakarta.servlet.http.HttpServletRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.HttpMediaTypeNotAcceptableException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.async.AsyncRequestNotUsableException;

/** Turns whatever a controller throws into {@link ApiError}. */
@RestControllerAdvice(basePackages = "dev.shunt.control")
class ApiErrors {

  private static final Logger log = LoggerFactory.getLogger(ApiErrors.class);

  @ExceptionHandler
  ResponseEntity<ApiError> refused(ApiProblem problem) {
    return ApiError.of(problem).response();
  }

  @ExceptionHandler
  ResponseEntity<ApiError> unreadable(HttpMessageNotReadableException unreadable) {
    return ApiError.of(
            HttpStatus.BAD_REQUEST,
            "Bad request",
            "expected a body of the documented shape (/v3/api-docs), found "
                + unreadable.getMostSpecificCause().getMessage())
        .response();
  }

  /** The caller of a stream went away; there is nobody to answer. */
  @ExceptionHandler(AsyncRequestNotUsableException.class)
  void gone() {}

  @ExceptionHandler(HttpMediaTypeNotAcceptableException.class)
  ResponseEntity<ApiError> notAcceptable() {
    return ApiError.of(
            HttpStatus.NOT_ACCEPTABLE,
            "Not acceptable",
            "expected Accept: application/json, or application/yaml where documented")
        .response();
  }

  @ExceptionHandler
  ResponseEntity<ApiError> unexpected(Exception failure, HttpServletRequest request) {
    if (failure instanceof ErrorResponse known) {
      HttpStatus status = HttpStatus.valueOf(known.getStatusCode().value());
      String detail = known.getBody().getDetail();
      return ApiError.of(status, status.getReasonPhrase(), detail == null ? "" : detail).response();
    }
    log.error("{} {} failed", request.getMethod(), request.getRequestURI(), failure);
    return ApiError.of(
            HttpStatus.INTERNAL_SERVER_ERROR,
            "Internal error",
            "the server failed; its log says why, at this time")
        .response();
  }
}
