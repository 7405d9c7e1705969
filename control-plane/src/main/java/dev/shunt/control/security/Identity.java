package dev.shunt.control.security;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.core.authority.SimpleGrantedAuthority;

/** A request whose sender is known. */
final class Identity extends AbstractAuthenticationToken {

  private static final long serialVersionUID = 1;

  private final String name;
  private final Role role;

  Identity(String name, Role role) {
    super(List.of(new SimpleGrantedAuthority(role.authority())));
    this.name = name;
    this.role = role;
    setAuthenticated(true);
  }

  Role role() {
    return role;
  }

  /** Never kept. */
  @Override
  public @Nullable Object getCredentials() {
    return null;
  }

  @Override
  public Object getPrincipal() {
    return name;
  }

  @Override
  public String getName() {
    return name;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Identity identity
        && name.equals(identity.name)
        && role == identity.role;
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + role.hashCode();
  }
}
