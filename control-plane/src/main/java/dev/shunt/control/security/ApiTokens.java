package dev.shunt.control.security;

import dev.shunt.control.audit.Actor;
import dev.shunt.control.audit.AuditEntry;
import dev.shunt.control.audit.AuditLog;
import dev.shunt.control.config.SqlTime;
import io.swagger.v3.oas.annotations.media.Schema;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Bearer tokens of programs. */
@Component
class ApiTokens {

  /** A last use is written at most this often. */
  private static final Duration USE_RESOLUTION = Duration.ofMinutes(1);

  /**
   * @param expiresAt null for never
   */
  record ApiToken(
      String id,
      String name,
      Role role,
      String createdBy,
      Instant createdAt,
      @Nullable Instant expiresAt,
      @Nullable Instant lastUsedAt) {}

  /** A token and, this once, its secret. */
  @Schema(name = "CreatedToken")
  record Created(ApiToken token, String secret) {}

  private final JdbcClient jdbc;
  private final AuditLog audit;
  private final Clock clock;

  ApiTokens(JdbcClient jdbc, AuditLog audit, Clock clock) {
    this.jdbc = jdbc;
    this.audit = audit;
    this.clock = clock;
  }

  /** Who a token belongs to, or null when it is unknown, expired or revoked. */
  @Nullable Identity authenticate(String secret) {
    Instant now = clock.instant();
    ApiToken token =
        jdbc.sql(
                "select * from api_token where hash = ? and revoked_at is null"
                    + " and (expires_at is null or expires_at > ?)")
            .params(Secrets.hash(secret), SqlTime.of(now))
            .query((row, index) -> token(row))
            .optional()
            .orElse(null);
    if (token == null) {
      return null;
    }
    Instant lastUsed = token.lastUsedAt();
    if (lastUsed == null || lastUsed.plus(USE_RESOLUTION).isBefore(now)) {
      jdbc.sql("update api_token set last_used_at = ? where id = ?")
          .params(SqlTime.of(now), token.id())
          .update();
    }
    return new Identity("token:" + token.name(), token.role());
  }

  private static ApiToken token(ResultSet row) throws SQLException {
    return new ApiToken(
        row.getString("id"),
        row.getString("name"),
        Role.valueOf(row.getString("role")),
        row.getString("created_by"),
        SqlTime.get(row, "created_at"),
        SqlTime.getNullable(row, "expires_at"),
        SqlTime.getNullable(row, "last_used_at"));
  }

  @Transactional
  public Created create(String name, Role role, @Nullable Duration lifetime, Actor actor) {
    String secret = Secrets.create("api");
    return new Created(insert(name, role, secret, lifetime, actor), secret);
  }

  /** Makes a secret from a file usable, unless it is known: a revoked one stays revoked. */
  @Transactional
  public void accept(String name, Role role, String secret) {
    boolean known =
        jdbc.sql("select count(*) from api_token where hash = ?")
                .param(Secrets.hash(secret))
                .query(Long.class)
                .single()
            > 0;
    if (!known) {
      insert(name, role, secret, null, Actor.SYSTEM);
    }
  }

  private ApiToken insert(
      String name, Role role, String secret, @Nullable Duration lifetime, Actor actor) {
    Instant now = clock.instant();
    ApiToken token =
        new ApiToken(
            UUID.randomUUID().toString(),
            name,
            role,
            actor.name(),
            now,
            lifetime == null ? null : now.plus(lifetime),
            null);
    jdbc.sql(
            "insert into api_token (id, name, role, hash, created_by, created_at, expires_at)"
                + " values (?, ?, ?, ?, ?, ?, ?)")
        .params(token.id(), name, role.name(), Secrets.hash(secret), actor.name(), SqlTime.of(now))
        .param(SqlTime.ofNullable(token.expiresAt()))
        .update();
    audit.record(
        AuditEntry.done(
            now, actor, "tokens.create", "token/" + token.id(), name + " with role " + role));
    return token;
  }

  /** Those that are not revoked, newest first. */
  List<ApiToken> list() {
    return jdbc.sql("select * from api_token where revoked_at is null order by created_at desc")
        .query((row, index) -> token(row))
        .list();
  }

  /** Whether there was such a token to revoke. */
  @Transactional
  public boolean revoke(String id, Actor actor) {
    Instant now = clock.instant();
    int revoked =
        jdbc.sql("update api_token set revoked_at = ? where id = ? and revoked_at is null")
            .params(SqlTime.of(now), id)
            .update();
    if (revoked > 0) {
      audit.record(AuditEntry.done(now, actor, "tokens.revoke", "token/" + id, ""));
    }
    return revoked > 0;
  }
}
