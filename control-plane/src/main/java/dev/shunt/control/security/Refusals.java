package dev.shunt.control.security;

import dev.shunt.control.audit.Actor;
import dev.shunt.control.audit.AuditEntry;
import dev.shunt.control.audit.AuditLog;
import dev.shunt.control.web.ApiError;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.access.AccessDeniedHandler;
import org.springframework.security.web.csrf.CsrfException;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** Answers requests that are not allowed, and writes them down. */
@Component
class Refusals implements AuthenticationEntryPoint, AccessDeniedHandler {

  private final AuditLog audit;
  private final Clock clock;
  private final JsonMapper json;

  Refusals(AuditLog audit, Clock clock, JsonMapper json) {
    this.audit = audit;
    this.clock = clock;
    this.json = json;
  }

  @Override
  public void commence(
      HttpServletRequest request, HttpServletResponse response, AuthenticationException why)
      throws IOException {
    // Without any credential it is a browser that is not signed in yet: no refusal worth a row.
    if (request.getHeader(HttpHeaders.AUTHORIZATION) != null) {
      record(request, "unknown, expired or revoked token");
      response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"");
    }
    answer(
        response,
        ApiError.of(
            HttpStatus.UNAUTHORIZED,
            "Not signed in",
            "expected Authorization: Bearer with a valid API token, or the cookie of a session"));
  }

  @Override
  public void handle(
      HttpServletRequest request, HttpServletResponse response, AccessDeniedException why)
      throws IOException {
    boolean forged = why instanceof CsrfException;
    record(request, forged ? "missing or wrong CSRF token" : "the role does not allow it");
    answer(
        response,
        ApiError.of(
            HttpStatus.FORBIDDEN,
            "Not allowed",
            forged
                ? "expected the CSRF token of GET /api/v1/session in its header"
                : "your role does not allow this; ask an admin"));
  }

  private void record(HttpServletRequest request, String why) {
    Actor actor = Caller.of(request);
    audit.record(
        AuditEntry.refused(
            clock.instant(), actor, "http." + request.getMethod(), request.getRequestURI(), why));
  }

  private void answer(HttpServletResponse response, ApiError error) throws IOException {
    response.setStatus(error.status());
    response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
    response.getOutputStream().write(json.writeValueAsBytes(error));
  }
}
