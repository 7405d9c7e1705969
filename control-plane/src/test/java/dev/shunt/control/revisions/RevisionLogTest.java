package dev.shunt.control.revisions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shunt.control.audit.Actor;
import dev.shunt.control.audit.AuditEntry;
import dev.shunt.control.revisions.PolicyEdit.Step;
import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Problem;
import dev.shunt.policy.ProblemCode;
import dev.shunt.policy.parse.PolicyParser;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.flywaydb.core.Flyway;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

class RevisionLogTest {

  private static final Actor ANN = new Actor("ann", "10.0.0.1");
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);

  private final List<AuditEntry> audited = new CopyOnWriteArrayList<>();
  private final List<Long> announced = new CopyOnWriteArrayList<>();
  private final JdbcDataSource database = new JdbcDataSource();
  private RevisionStore store = stored();
  private List<Problem> verdict = List.of();

  @BeforeEach
  void emptyDatabase() {
    database.setURL(
        "jdbc:h2:mem:"
            + UUID.randomUUID()
            + ";DB_CLOSE_DELAY=-1;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE");
    Flyway.configure().dataSource(database).load().migrate();
    store = stored();
  }

  private RevisionStore stored() {
    return new JdbcRevisionStore(
        JdbcClient.create(database),
        new TransactionTemplate(new DataSourceTransactionManager(database)));
  }

  private RevisionLog log() {
    RevisionLog log = new RevisionLog(store, set -> verdict, audited::add, CLOCK);
    log.listen((revision, change) -> announced.add(revision.number()));
    return log;
  }

  private static AccelerationPolicy policy(String name, int priority) {
    String text =
        """
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata: {name: %s}
        spec: {priority: %d, match: {ports: ["80"]}}
        """
            .formatted(name, priority);
    return PolicyParser.parse(text.getBytes(StandardCharsets.UTF_8)).policies().get(0);
  }

  private static PolicyEdit put(String name, int priority) {
    return current -> List.of(new Step.Put(policy(name, priority)));
  }

  @Test
  void anEditIsTheNextRevisionWithItsAuditRow() {
    RevisionLog log = log();
    SetChange change = log.commit(put("web", 1), ANN, "");

    assertThat(change.after().revision()).isEqualTo(1);
    assertThat(log.current()).isEqualTo(change.after());
    assertThat(store.find(1))
        .extracting(Revision::author, Revision::message)
        .containsExactly("ann", "Added web");
    assertThat(audited).extracting(AuditEntry::target).containsExactly("revision/1");
    assertThat(announced).containsExactly(1L);
  }

  @Test
  void anEditThatChangesNothingIsNoRevision() {
    RevisionLog log = log();
    log.commit(put("web", 1), ANN, "");
    SetChange again = log.commit(put("web", 1), ANN, "");

    assertThat(again.isEmpty()).isTrue();
    assertThat(log.current().revision()).isEqualTo(1);
    assertThat(announced).containsExactly(1L);
  }

  @Test
  void whatTheJudgeRefusesIsNotWritten() {
    RevisionLog log = log();
    verdict =
        List.of(Problem.of(ProblemCode.TEST_FAILED, "web", "spec.tests[0]", "this", "that", ""));

    assertThatThrownBy(() -> log.commit(put("web", 1), ANN, ""))
        .isInstanceOf(SetRefusedException.class);
    assertThat(log.current().policies()).isEmpty();
    assertThat(store.newest()).isZero();
    assertThat(audited).isEmpty();
  }

  @Test
  void aWarningDoesNotStopAnEdit() {
    RevisionLog log = log();
    verdict = List.of(Problem.of(ProblemCode.SHADOWED, "web", "spec.priority", "this", "that", ""));

    assertThat(log.commit(put("web", 1), ANN, "").warnings()).isEqualTo(verdict);
  }

  @Test
  void everyRevisionKeepsItsWholeSet() {
    RevisionLog log = log();
    log.commit(put("web", 1), ANN, "");
    log.commit(put("db", 1), ANN, "");
    log.commit(put("web", 2), ANN, "");
    log.commit(current -> List.of(new Step.Remove("db")), ANN, "");
    log.commit(put("db", 9), ANN, "");

    assertThat(policiesAt(log, 0)).isEmpty();
    assertThat(policiesAt(log, 1)).containsExactly(policy("web", 1));
    assertThat(policiesAt(log, 2)).containsExactlyInAnyOrder(policy("web", 1), policy("db", 1));
    assertThat(policiesAt(log, 3)).containsExactlyInAnyOrder(policy("web", 2), policy("db", 1));
    assertThat(policiesAt(log, 4)).containsExactly(policy("web", 2));
    assertThat(policiesAt(log, 5)).containsExactlyInAnyOrder(policy("web", 2), policy("db", 9));
    assertThat(log.at(6)).isNull();
    assertThat(store.page(Long.MAX_VALUE, 5))
        .extracting(entry -> entry.changes().get(0).change())
        .containsExactly(
            PolicyChange.Kind.Added,
            PolicyChange.Kind.Removed,
            PolicyChange.Kind.Changed,
            PolicyChange.Kind.Added,
            PolicyChange.Kind.Added);
  }

  private static List<AccelerationPolicy> policiesAt(RevisionLog log, long revision) {
    PolicySnapshot snapshot = log.at(revision);
    assertThat(snapshot).isNotNull();
    return snapshot == null ? List.of() : snapshot.set().policies();
  }

  @Test
  void aRestartedServerHasTheSameSetAndDigest() {
    RevisionLog before = log();
    before.commit(put("web", 1), ANN, "");
    before.commit(put("db", 2), ANN, "");

    assertThat(log().current()).isEqualTo(before.current());
  }

  @Test
  void editsAtTheSameTimeGetNumbersInOrderAndNoneIsLost() {
    RevisionLog log = log();
    CompletableFuture<?>[] edits =
        IntStream.range(0, 40)
            .mapToObj(i -> CompletableFuture.runAsync(() -> log.commit(put("p" + i, i), ANN, "")))
            .toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(edits).join();

    assertThat(log.current().policies()).hasSize(40);
    assertThat(announced).containsExactlyElementsOf(LongStream.rangeClosed(1, 40).boxed().toList());
    assertThat(log().current()).isEqualTo(log.current());
  }

  @Test
  void anEditBuildsOnWhatAnotherProcessWrote() {
    RevisionLog one = log();
    RevisionLog other = log();
    one.commit(put("web", 1), ANN, "");

    SetChange change = other.commit(put("db", 1), ANN, "");

    assertThat(change.after().revision()).isEqualTo(2);
    assertThat(change.after().policies().keySet()).containsExactly("db", "web");
  }

  @Test
  void anEditThatRefusesLeavesTheLockFree() {
    RevisionLog log = log();
    assertThatThrownBy(
            () ->
                log.commit(
                    current -> {
                      throw new IllegalStateException("no");
                    },
                    ANN,
                    ""))
        .hasMessage("no");

    assertThat(log.commit(put("web", 1), ANN, "").after().revision()).isEqualTo(1);
  }

  @Test
  void aListenerThatFailsStopsNeitherTheEditNorTheOthers() {
    RevisionLog log = new RevisionLog(store, set -> verdict, audited::add, CLOCK);
    log.listen(
        (revision, change) -> {
          throw new IllegalStateException("a listener of this test fails on purpose");
        });
    log.listen((revision, change) -> announced.add(revision.number()));

    log.commit(put("web", 1), ANN, "");

    assertThat(announced).containsExactly(1L);
  }
}
