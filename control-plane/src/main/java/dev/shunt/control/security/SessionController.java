package dev.shunt.control.security;

import dev.shunt.control.audit.Actor;
import dev.shunt.control.audit.AuditEntry;
import dev.shunt.control.audit.AuditLog;
import dev.shunt.control.config.ShuntProperties;
import dev.shunt.control.web.ApiProblem;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.security.SecurityRequirements;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Signing in and out of the web app. */
@RestController
@RequestMapping("/api/v1/session")
@Tag(name = "Session")
class SessionController {

  private static final Logger log = LoggerFactory.getLogger(SessionController.class);

  record Login(String username, String password) {

    /** Without the password, because records end up in logs. */
    @Override
    public String toString() {
      return "Login[username=" + username + "]";
    }
  }

  /**
   * @param csrfHeader header that every write of the browser has to carry
   * @param csrfToken its value
   */
  record Session(String username, Role role, String csrfHeader, String csrfToken) {}

  private final Accounts accounts;
  private final AuditLog audit;
  private final LoginThrottle throttle;
  private final Duration lifetime;
  private final Clock clock;

  SessionController(Accounts accounts, AuditLog audit, ShuntProperties properties, Clock clock) {
    this.accounts = accounts;
    this.audit = audit;
    this.throttle = new LoginThrottle(clock);
    this.lifetime = properties.sessions().lifetime();
    this.clock = clock;
  }

  @PostMapping
  @SecurityRequirements
  @Operation(summary = "Signs in with a password", operationId = "login")
  Session login(
      @RequestBody Login login, HttpServletRequest request, HttpServletResponse response) {
    String username = login.username() == null ? "" : login.username();
    String password = login.password() == null ? "" : login.password();
    Actor actor = new Actor("anonymous", Caller.of(request).remote());
    Duration wait = throttle.waitFor(username, actor.remote());
    if (wait != null) {
      refused(actor, username, "throttled");
      throw ApiProblem.tooManyRequests(
          "too many wrong passwords; try again in " + (wait.toSeconds() + 1) + " seconds");
    }
    if (!accounts.isPassword(username, password)) {
      throttle.failed(username, actor.remote());
      refused(actor, username, "wrong user name or password");
      throw ApiProblem.unauthorized("wrong user name or password");
    }
    throttle.succeeded(username, actor.remote());
    Accounts.SignedIn signedIn = accounts.open(username, lifetime);
    Instant now = clock.instant();
    audit.record(
        AuditEntry.done(
            now, new Actor(username, actor.remote()), "session.login", "user/" + username, ""));
    // Added, not set by a ResponseEntity, whose header would replace the cookie of the CSRF token.
    response.addHeader(
        HttpHeaders.SET_COOKIE, SessionCookie.of(signedIn.secret(), lifetime, request.isSecure()));
    return session(signedIn.identity(), request);
  }

  private void refused(Actor actor, String username, String why) {
    log.warn("login of {} from {} refused: {}", quoted(username), actor.remote(), why);
    audit.record(
        AuditEntry.refused(
            clock.instant(), actor, "session.login", "user/" + quoted(username), why));
  }

  /**
   * A name anybody can send must not break log lines, nor show a password typed into it at length.
   */
  private static String quoted(String username) {
    String cut = username.length() <= 64 ? username : username.substring(0, 64);
    return cut.replaceAll("[^\\p{Print}]", "?");
  }

  @GetMapping
  @Operation(summary = "Tells who is signed in", operationId = "getSession")
  ResponseEntity<Session> current(@Nullable Identity identity, HttpServletRequest request) {
    if (identity == null) {
      throw ApiProblem.unauthorized("nobody is signed in");
    }
    return ResponseEntity.ok(session(identity, request));
  }

  private static Session session(Identity identity, HttpServletRequest request) {
    CsrfToken csrf = (CsrfToken) request.getAttribute(CsrfToken.class.getName());
    return new Session(identity.getName(), identity.role(), csrf.getHeaderName(), csrf.getToken());
  }

  @DeleteMapping
  @Operation(
      summary = "Signs out",
      operationId = "logout",
      responses = @ApiResponse(responseCode = "204", description = "Signed out"))
  ResponseEntity<Void> logout(HttpServletRequest request) {
    String secret = SessionCookie.read(request);
    if (secret != null) {
      accounts.close(secret);
      Actor actor = Caller.of(request);
      audit.record(
          AuditEntry.done(clock.instant(), actor, "session.logout", "user/" + actor.name(), ""));
    }
    return ResponseEntity.noContent()
        .header(HttpHeaders.SET_COOKIE, SessionCookie.none(request.isSecure()))
        .build();
  }
}
