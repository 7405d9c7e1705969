package dev.shunt.control.revisions;

import dev.shunt.control.config.SqlTime;
import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CanonicalJson;
import dev.shunt.policy.parse.ParsedPolicies;
import dev.shunt.policy.parse.PolicyParser;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** {@link RevisionStore} on H2 and PostgreSQL. */
final class JdbcRevisionStore implements RevisionStore {

  /** {@code until_revision} of what still holds. */
  private static final long STILL_HOLDS = Long.MAX_VALUE;

  private final JdbcClient jdbc;
  private final TransactionTemplate transactions;

  JdbcRevisionStore(JdbcClient jdbc, TransactionTemplate transactions) {
    this.jdbc = jdbc;
    this.transactions = transactions;
  }

  @Override
  public <T> T locked(LongFunction<T> work) {
    T result =
        transactions.execute(
            status ->
                work.apply(
                    jdbc.sql("select last_number from counter where name = 'revision' for update")
                        .query(Long.class)
                        .single()));
    if (result == null) {
      throw new IllegalStateException("expected the work under the lock to return something");
    }
    return result;
  }

  @Override
  public void append(Revision revision, List<PolicyChange> changes) {
    jdbc.sql(
            "insert into revision (number, digest, author, message, committed_at)"
                + " values (?, ?, ?, ?, ?)")
        .params(
            revision.number(),
            revision.digest(),
            revision.author(),
            revision.message(),
            SqlTime.of(revision.committedAt()))
        .update();
    for (PolicyChange change : changes) {
      if (change.before() != null) {
        jdbc.sql(
                "update policy_version set until_revision = ?"
                    + " where name = ? and until_revision = ?")
            .params(revision.number(), change.name(), STILL_HOLDS)
            .update();
      }
      if (change.after() != null) {
        insert(change.after());
      }
    }
    jdbc.sql("update counter set last_number = ? where name = 'revision'")
        .param(revision.number())
        .update();
  }

  private void insert(StoredPolicy stored) {
    jdbc.sql(
            "insert into policy_version (name, since_revision, until_revision, generation,"
                + " created_at, changed_at, document) values (?, ?, ?, ?, ?, ?, ?)")
        .params(
            stored.name(),
            stored.sinceRevision(),
            STILL_HOLDS,
            stored.generation(),
            SqlTime.of(stored.createdAt()),
            SqlTime.of(stored.changedAt()),
            new String(CanonicalJson.write(stored.policy()), StandardCharsets.UTF_8))
        .update();
  }

  @Override
  public long newest() {
    return jdbc.sql("select last_number from counter where name = 'revision'")
        .query(Long.class)
        .single();
  }

  @Override
  public SortedMap<String, StoredPolicy> policiesAt(long revision) {
    TreeMap<String, StoredPolicy> policies = new TreeMap<>();
    jdbc.sql(
            "select name, since_revision, generation, created_at, changed_at, document"
                + " from policy_version where since_revision <= ? and until_revision > ?")
        .params(revision, revision)
        .query((row, index) -> stored(row))
        .list()
        .forEach(stored -> policies.put(stored.name(), stored));
    return policies;
  }

  private static StoredPolicy stored(ResultSet row) throws SQLException {
    return new StoredPolicy(
        parsed(row.getString("name"), row.getString("document")),
        row.getLong("generation"),
        row.getLong("since_revision"),
        SqlTime.get(row, "created_at"),
        SqlTime.get(row, "changed_at"));
  }

  private static AccelerationPolicy parsed(String name, String document) {
    ParsedPolicies parsed = PolicyParser.parse(document.getBytes(StandardCharsets.UTF_8));
    if (parsed.policies().size() != 1) {
      throw new IllegalStateException(
          "expected the stored policy "
              + name
              + " to be readable by this version, found "
              + parsed.problems()
              + "; start the version that wrote it");
    }
    return parsed.policies().get(0);
  }

  @Override
  public @Nullable Revision find(long number) {
    return jdbc.sql("select * from revision where number = ?")
        .param(number)
        .query((row, index) -> revision(row))
        .optional()
        .orElse(null);
  }

  @Override
  public List<Entry> page(long before, int limit) {
    List<Revision> revisions =
        jdbc.sql("select * from revision where number < ? order by number desc limit ?")
            .params(before, limit)
            .query((row, index) -> revision(row))
            .list();
    if (revisions.isEmpty()) {
      return List.of();
    }
    Map<Long, List<Touched>> touched =
        touched(revisions.get(revisions.size() - 1).number(), revisions.get(0).number());
    return revisions.stream()
        .map(revision -> new Entry(revision, touched.getOrDefault(revision.number(), List.of())))
        .toList();
  }

  private Map<Long, List<Touched>> touched(long first, long last) {
    Map<Long, TreeMap<String, PolicyChange.Kind>> byRevision = new HashMap<>();
    jdbc.sql("select name, until_revision from policy_version where until_revision between ? and ?")
        .params(first, last)
        .query(
            row -> {
              byRevision
                  .computeIfAbsent(row.getLong("until_revision"), revision -> new TreeMap<>())
                  .put(row.getString("name"), PolicyChange.Kind.Removed);
            });
    jdbc.sql("select name, since_revision from policy_version where since_revision between ? and ?")
        .params(first, last)
        .query(
            row -> {
              // A version that ends where another of its name begins was replaced, not removed.
              byRevision
                  .computeIfAbsent(row.getLong("since_revision"), revision -> new TreeMap<>())
                  .merge(
                      row.getString("name"),
                      PolicyChange.Kind.Added,
                      (removed, added) -> PolicyChange.Kind.Changed);
            });
    Map<Long, List<Touched>> touched = new HashMap<>();
    byRevision.forEach(
        (revision, changes) -> {
          List<Touched> list = new ArrayList<>();
          changes.forEach((name, kind) -> list.add(new Touched(name, kind)));
          touched.put(revision, list);
        });
    return touched;
  }

  private static Revision revision(ResultSet row) throws SQLException {
    return new Revision(
        row.getLong("number"),
        row.getString("digest"),
        row.getString("author"),
        row.getString("message"),
        SqlTime.get(row, "committed_at"));
  }
}
