package dev.shunt.control.nodes;

import dev.shunt.control.config.SqlTime;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** {@link NodeStore} on H2 and PostgreSQL. */
@Component
class JdbcNodeStore implements NodeStore {

  private static final TypeReference<Map<String, String>> LABELS = new TypeReference<>() {};

  private final JdbcClient jdbc;
  private final JdbcTemplate batches;
  private final JsonMapper json;

  JdbcNodeStore(JdbcClient jdbc, JdbcTemplate batches, JsonMapper json) {
    this.jdbc = jdbc;
    this.batches = batches;
    this.json = json;
  }

  @Override
  public Collection<Node> load() {
    return jdbc.sql("select * from node").query((row, index) -> node(row)).list();
  }

  private Node node(ResultSet row) throws SQLException {
    String rejection = row.getString("rejection");
    return new Node(
        row.getString("id"),
        json.readValue(row.getString("labels"), LABELS),
        SqlTime.get(row, "joined_at"),
        SqlTime.getNullable(row, "last_seen"),
        row.getString("agent_version"),
        row.getString("kernel_release"),
        new Node.Applied(
            row.getLong("applied_revision"),
            row.getString("applied_digest"),
            SqlTime.getNullable(row, "applied_at")),
        rejection == null ? null : json.readValue(rejection, Rejection.class),
        null,
        false,
        null);
  }

  @Override
  public void join(Node node, String credentialHash) {
    int known =
        jdbc.sql("update node set credential_hash = ?, labels = ?, joined_at = ? where id = ?")
            .params(
                credentialHash,
                json.writeValueAsString(node.labels()),
                SqlTime.of(node.joinedAt()),
                node.id())
            .update();
    if (known == 0) {
      jdbc.sql(
              "insert into node (id, labels, credential_hash, joined_at, agent_version,"
                  + " kernel_release, applied_revision, applied_digest)"
                  + " values (?, ?, ?, ?, '', '', 0, '')")
          .params(
              node.id(),
              json.writeValueAsString(node.labels()),
              credentialHash,
              SqlTime.of(node.joinedAt()))
          .update();
    }
  }

  @Override
  public void save(Collection<Node> nodes) {
    batches.batchUpdate(
        "update node set labels = ?, last_seen = ?, agent_version = ?, kernel_release = ?,"
            + " applied_revision = ?, applied_digest = ?, applied_at = ?, rejection = ?"
            + " where id = ?",
        nodes.stream().map(this::row).toList());
  }

  private @Nullable Object[] row(Node node) {
    return new @Nullable Object[] {
      json.writeValueAsString(node.labels()),
      SqlTime.ofNullable(node.lastSeen()),
      node.agentVersion(),
      node.kernelRelease(),
      node.applied().revision(),
      node.applied().digest(),
      SqlTime.ofNullable(node.applied().at()),
      node.rejection() == null ? null : json.writeValueAsString(node.rejection()),
      node.id()
    };
  }

  @Override
  public void delete(String id) {
    jdbc.sql("delete from node where id = ?").param(id).update();
  }

  @Override
  public @Nullable String idOf(String credentialHash) {
    return jdbc.sql("select id from node where credential_hash = ?")
        .param(credentialHash)
        .query(String.class)
        .optional()
        .orElse(null);
  }
}
