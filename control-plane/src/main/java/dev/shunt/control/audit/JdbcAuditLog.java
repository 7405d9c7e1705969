package dev.shunt.control.audit;

import dev.shunt.control.config.SqlTime;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The audit table: rows are only ever added. */
@Component
class JdbcAuditLog implements AuditLog {

  /** An entry with its place in the table. */
  record Row(long id, AuditEntry entry) {}

  private final JdbcClient jdbc;

  JdbcAuditLog(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  @Override
  public void record(AuditEntry entry) {
    jdbc.sql(
            "insert into audit (recorded_at, actor, action, target, outcome, remote, detail)"
                + " values (?, ?, ?, ?, ?, ?, ?)")
        .params(
            SqlTime.of(entry.at()),
            cut(entry.actor().name(), 256),
            cut(entry.action(), 64),
            cut(entry.target(), 300),
            entry.outcome().name(),
            cut(entry.actor().remote(), 64),
            cut(entry.detail(), 1_000))
        .update();
  }

  /** Rows with ids below {@code before}, newest first, of one actor unless null. */
  List<Row> page(long before, int limit, @Nullable String actor) {
    String where = actor == null ? "" : " and actor = :actor";
    JdbcClient.StatementSpec query =
        jdbc.sql(
                "select * from audit where id < :before" + where + " order by id desc limit :limit")
            .param("before", before)
            .param("limit", limit);
    return (actor == null ? query : query.param("actor", actor))
        .query(
            (row, index) ->
                new Row(
                    row.getLong("id"),
                    new AuditEntry(
                        SqlTime.get(row, "recorded_at"),
                        new Actor(row.getString("actor"), row.getString("remote")),
                        row.getString("action"),
                        row.getString("target"),
                        AuditEntry.Outcome.valueOf(row.getString("outcome")),
                        row.getString("detail"))))
        .list();
  }

  private static String cut(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most - 1) + "…";
  }
}
