package dev.shunt.control.security;

import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseCookie;
import org.springframework.web.util.WebUtils;

/** The cookie of a browser session: out of reach for scripts and for other sites. */
final class SessionCookie {

  private static final String NAME = "SHUNT_SESSION";

  private SessionCookie() {}

  static String of(String secret, Duration lifetime, boolean secure) {
    return ResponseCookie.from(NAME, secret)
        .httpOnly(true)
        .secure(secure)
        .sameSite("Strict")
        .path("/")
        .maxAge(lifetime)
        .build()
        .toString();
  }

  static String none(boolean secure) {
    return of("", Duration.ZERO, secure);
  }

  static @Nullable String read(HttpServletRequest request) {
    Cookie cookie = WebUtils.getCookie(request, NAME);
    return cookie == null || cookie.getValue().isEmpty() ? null : cookie.getValue();
  }
}
