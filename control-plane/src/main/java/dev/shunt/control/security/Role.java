package dev.shunt.control.security;

import java.util.Locale;

/** What a principal may do; each may also do what those before it may. As the API spells it. */
public enum Role {
  /** Reads everything but tokens and audit. */
  viewer,
  /** Changes policies and retries nodes. */
  editor,
  /** Manages tokens and nodes, reads the audit log. */
  admin;

  /** The authority that Spring Security knows the role by. */
  String authority() {
    return "ROLE_" + name().toUpperCase(Locale.ROOT);
  }
}
