package dev.shunt.control.security;

import dev.shunt.control.audit.Actor;
import dev.shunt.control.audit.AuditEntry;
import dev.shunt.control.audit.AuditLog;
import dev.shunt.control.config.SqlTime;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** What a node shows once to be let in. */
@Component
public class JoinTokens {

  /**
   * @param expiresAt null for never
   * @param maxUses null for any number
   */
  record JoinToken(
      String id,
      String name,
      String createdBy,
      Instant createdAt,
      @Nullable Instant expiresAt,
      @Nullable Integer maxUses,
      int uses) {}

  /** A token and, this once, its secret. */
  @Schema(name = "CreatedJoinToken")
  record Created(JoinToken token, String secret) {}

  private final JdbcClient jdbc;
  private final AuditLog audit;
  private final Clock clock;

  JoinTokens(JdbcClient jdbc, AuditLog audit, Clock clock) {
    this.jdbc = jdbc;
    this.audit = audit;
    this.clock = clock;
  }

  /**
   * Uses a token once.
   *
   * @return its name, or null when it is unknown, expired, revoked or used up
   */
  public @Nullable String redeem(String secret) {
    String hash = Secrets.hash(secret);
    // One statement, so that two nodes cannot share the last use.
    int redeemed =
        jdbc.sql(
                "update join_token set uses = uses + 1 where hash = ? and revoked_at is null"
                    + " and (expires_at is null or expires_at > ?)"
                    + " and (max_uses is null or uses < max_uses)")
            .params(hash, SqlTime.of(clock.instant()))
            .update();
    return redeemed == 0
        ? null
        : jdbc.sql("select name from join_token where hash = ?")
            .param(hash)
            .query(String.class)
            .single();
  }

  @Transactional
  public Created create(
      String name, @Nullable Duration lifetime, @Nullable Integer maxUses, Actor actor) {
    String secret = Secrets.create("join");
    JoinToken token = insert(name, secret, lifetime, maxUses, actor);
    return new Created(token, secret);
  }

  /** Makes a secret from a file usable, unless it is known: a revoked one stays revoked. */
  @Transactional
  public void accept(String name, String secret) {
    boolean known =
        jdbc.sql("select count(*) from join_token where hash = ?")
                .param(Secrets.hash(secret))
                .query(Long.class)
                .single()
            > 0;
    if (!known) {
      insert(name, secret, null, null, Actor.SYSTEM);
    }
  }

  private JoinToken insert(
      String name,
      String secret,
      @Nullable Duration lifetime,
      @Nullable Integer maxUses,
      Actor actor) {
    Instant now = clock.instant();
    JoinToken token =
        new JoinToken(
            UUID.randomUUID().toString(),
            name,
            actor.name(),
            now,
            lifetime == null ? null : now.plus(lifetime),
            maxUses,
            0);
    jdbc.sql(
            "insert into join_token (id, name, hash, created_by, created_at, expires_at, max_uses,"
                + " uses) values (?, ?, ?, ?, ?, ?, ?, 0)")
        .params(token.id(), name, Secrets.hash(secret), actor.name(), SqlTime.of(now))
        .param(SqlTime.ofNullable(token.expiresAt()))
        .param(maxUses)
        .update();
    audit.record(
        AuditEntry.done(now, actor, "join-tokens.create", "join-token/" + token.id(), name));
    return token;
  }

  /** Those that are not revoked, newest first. */
  List<JoinToken> list() {
    return jdbc.sql("select * from join_token where revoked_at is null order by created_at desc")
        .query(
            (row, index) ->
                new JoinToken(
                    row.getString("id"),
                    row.getString("name"),
                    row.getString("created_by"),
                    SqlTime.get(row, "created_at"),
                    SqlTime.getNullable(row, "expires_at"),
                    row.getObject("max_uses", Integer.class),
                    row.getInt("uses")))
        .list();
  }

  /** Whether there was such a token to revoke. */
  @Transactional
  public boolean revoke(String id, Actor actor) {
    Instant now = clock.instant();
    int revoked =
        jdbc.sql("update join_token set revoked_at = ? where id = ? and revoked_at is null")
            .params(SqlTime.of(now), id)
            .update();
    if (revoked > 0) {
      audit.record(AuditEntry.done(now, actor, "join-tokens.revoke", "join-token/" + id, ""));
    }
    return revoked > 0;
  }
}
