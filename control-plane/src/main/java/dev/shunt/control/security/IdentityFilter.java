package dev.shunt.control.security;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Finds out who sends a request: by bearer token, else by session cookie. A request with a bearer
 * token never falls back to its cookie, because it is not checked against forgery.
 */
final class IdentityFilter extends OncePerRequestFilter {

  private static final String BEARER = "Bearer ";

  /** Requests of programs, which no foreign site can make a browser send. */
  static final RequestMatcher HAS_BEARER_TOKEN = request -> bearer(request) != null;

  private final ApiTokens tokens;
  private final Accounts accounts;

  IdentityFilter(ApiTokens tokens, Accounts accounts) {
    this.tokens = tokens;
    this.accounts = accounts;
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    Identity identity = identify(request);
    if (identity != null) {
      SecurityContext context = SecurityContextHolder.createEmptyContext();
      context.setAuthentication(identity);
      SecurityContextHolder.setContext(context);
    }
    chain.doFilter(request, response);
  }

  private @Nullable Identity identify(HttpServletRequest request) {
    String bearer = bearer(request);
    if (bearer != null) {
      return tokens.authenticate(bearer);
    }
    String session = SessionCookie.read(request);
    return session == null ? null : accounts.authenticate(session);
  }

  private static @Nullable String bearer(HttpServletRequest request) {
    String header = request.getHeader(HttpHeaders.AUTHORIZATION);
    return header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length())
        ? header.substring(BEARER.length()).strip()
        : null;
  }

  /** Also for the dispatch that ends a stream of events: it is authorised again. */
  @Override
  protected boolean shouldNotFilterAsyncDispatch() {
    return false;
  }
}
