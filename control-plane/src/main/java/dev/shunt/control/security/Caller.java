package dev.shunt.control.security;

import dev.shunt.control.audit.Actor;
import jakarta.servlet.http.HttpServletRequest;
import java.security.Principal;

/** Who sends a request. */
public final class Caller {

  private Caller() {}

  public static Actor of(HttpServletRequest request) {
    Principal principal = request.getUserPrincipal();
    String address = request.getRemoteAddr();
    return new Actor(
        principal == null ? "anonymous" : principal.getName(), address == null ? "" : address);
  }
}
