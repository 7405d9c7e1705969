package dev.shunt.control.security;

import dev.shunt.control.config.SqlTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.factory.PasswordEncoderFactories;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** People who sign in with a password, and their browser sessions. */
@Component
class Accounts {

  /** The account that the first start creates. */
  static final String ADMIN = "admin";

  /** A session and, this once, the secret for its cookie. */
  record SignedIn(Identity identity, String secret, Instant expiresAt) {}

  private final JdbcClient jdbc;
  private final Clock clock;
  private final PasswordEncoder passwords =
      PasswordEncoderFactories.createDelegatingPasswordEncoder();

  /** Checked when there is no such account, so that guessing names takes as long. */
  private final String nobodysHash = passwordHash(Secrets.create("nobody"));

  Accounts(JdbcClient jdbc, Clock clock) {
    this.jdbc = jdbc;
    this.clock = clock;
  }

  private String passwordHash(String password) {
    String hash = passwords.encode(password);
    if (hash == null) {
      throw new IllegalStateException("expected the password encoder to return a hash");
    }
    return hash;
  }

  boolean hasAdmin() {
    return passwordHashOf(ADMIN) != null;
  }

  /**
   * Sets the password of {@code admin}, creating the account when needed. Whoever is signed in with
   * the old one is signed out.
   */
  @Transactional
  public void setAdminPassword(String password) {
    Instant now = clock.instant();
    String hash = passwordHash(password);
    int known =
        jdbc.sql("update account set password_hash = ?, changed_at = ? where username = ?")
            .params(hash, SqlTime.of(now), ADMIN)
            .update();
    jdbc.sql("delete from session where username = ?").param(ADMIN).update();
    if (known == 0) {
      jdbc.sql(
              "insert into account (username, password_hash, role, created_at, changed_at)"
                  + " values (?, ?, ?, ?, ?)")
          .params(ADMIN, hash, Role.admin.name(), SqlTime.of(now), SqlTime.of(now))
          .update();
    }
  }

  /** Whether the password is the account's. */
  boolean isPassword(String username, String password) {
    String hash = passwordHashOf(username);
    boolean right = passwords.matches(password, hash == null ? nobodysHash : hash);
    return hash != null && right;
  }

  private @Nullable String passwordHashOf(String username) {
    return jdbc.sql("select password_hash from account where username = ?")
        .param(username)
        .query(String.class)
        .optional()
        .orElse(null);
  }

  /** Opens a session for somebody whose password was checked. */
  @Transactional
  public SignedIn open(String username, Duration lifetime) {
    Instant now = clock.instant();
    jdbc.sql("delete from session where expires_at <= ?").param(SqlTime.of(now)).update();
    Role role =
        Role.valueOf(
            jdbc.sql("select role from account where username = ?")
                .param(username)
                .query(String.class)
                .single());
    String secret = Secrets.create("session");
    Instant expiresAt = now.plus(lifetime);
    jdbc.sql("insert into session (hash, username, created_at, expires_at) values (?, ?, ?, ?)")
        .params(Secrets.hash(secret), username, SqlTime.of(now), SqlTime.of(expiresAt))
        .update();
    return new SignedIn(new Identity(username, role), secret, expiresAt);
  }

  /** Who a session belongs to, or null when it is unknown or over. */
  @Nullable Identity authenticate(String secret) {
    return jdbc.sql(
            "select account.username, account.role from session"
                + " join account on account.username = session.username"
                + " where session.hash = ? and session.expires_at > ?")
        .params(Secrets.hash(secret), SqlTime.of(clock.instant()))
        .query(
            (row, index) ->
                new Identity(row.getString("username"), Role.valueOf(row.getString("role"))))
        .optional()
        .orElse(null);
  }

  void close(String secret) {
    jdbc.sql("delete from session where hash = ?").param(Secrets.hash(secret)).update();
  }
}
