package dev.shunt.control.revisions;

import dev.shunt.control.audit.Actor;
import dev.shunt.control.audit.AuditEntry;
import dev.shunt.control.audit.AuditLog;
import dev.shunt.policy.Problem;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place where policies change. Every edit is judged as a whole set, written as one
 * immutable revision together with its audit row, and then announced. Thread-safe.
 */
public final class RevisionLog {

  private static final Logger log = LoggerFactory.getLogger(RevisionLog.class);

  /** The longest message of a revision, in characters. */
  public static final int LONGEST_MESSAGE = 1_000;

  private final RevisionStore store;
  private final SetJudge judge;
  private final AuditLog audit;
  private final List<RevisionListener> listeners = new CopyOnWriteArrayList<>();
  private final Clock clock;

  /**
   * Held from before the transaction until after the announcement, so that listeners hear of
   * revisions in the order of their numbers. The row lock alone orders only the commits.
   */
  private final ReentrantLock commits = new ReentrantLock();

  private volatile PolicySnapshot current;

  public RevisionLog(RevisionStore store, SetJudge judge, AuditLog audit, Clock clock) {
    this.store = store;
    this.judge = judge;
    this.audit = audit;
    this.clock = clock;
    this.current = load(store.newest());
  }

  /** Lets a listener hear of every revision from the next one on. */
  public void listen(RevisionListener listener) {
    listeners.add(listener);
  }

  public PolicySnapshot current() {
    return current;
  }

  /** The set at a revision, or null when there is no such revision. */
  public @Nullable PolicySnapshot at(long revision) {
    PolicySnapshot now = current;
    if (revision == now.revision()) {
      return now;
    }
    return revision < 0 || revision > now.revision() ? null : load(revision);
  }

  /**
   * What an edit would lead to; nothing is written.
   *
   * @throws SetRefusedException as {@link #commit} would
   */
  public SetChange preview(PolicyEdit edit) {
    return plan(current, edit, clock.instant());
  }

  /**
   * Writes an edit as the next revision. An edit that changes nothing makes no revision and gives
   * an empty change.
   *
   * @param message what the author says about the edit; empty to have one written
   * @throws SetRefusedException when the judge finds errors
   */
  public SetChange commit(PolicyEdit edit, Actor author, String message) {
    commits.lock();
    try {
      Committed committed = store.locked(newest -> write(newest, edit, author, message));
      if (committed.revision() != null) {
        current = committed.change().after();
        announce(committed.revision(), committed.change());
      }
      return committed.change();
    } finally {
      commits.unlock();
    }
  }

  private record Committed(@Nullable Revision revision, SetChange change) {}

  private Committed write(long newest, PolicyEdit edit, Actor author, String message) {
    // Another process on the same database may have written since: the row, not memory, decides.
    PolicySnapshot before = newest == current.revision() ? current : load(newest);
    Instant now = clock.instant();
    SetChange change = plan(before, edit, now);
    List<PolicyChange> changes = change.changes();
    if (changes.isEmpty()) {
      return new Committed(null, change);
    }
    Revision revision =
        new Revision(
            change.after().revision(),
            change.after().digest(),
            author.name(),
            message.isBlank() ? describe(changes) : message,
            now);
    store.append(revision, changes);
    audit.record(
        AuditEntry.done(
            now, author, "policies.commit", "revision/" + revision.number(), describe(changes)));
    return new Committed(revision, change);
  }

  private SetChange plan(PolicySnapshot before, PolicyEdit edit, Instant now) {
    long number = before.revision() + 1;
    TreeMap<String, StoredPolicy> policies = new TreeMap<>(before.policies());
    for (PolicyEdit.Step step : edit.steps(before)) {
      StoredPolicy old = before.find(step.name());
      if (step instanceof PolicyEdit.Step.Put put) {
        policies.put(step.name(), stored(put, old, number, now));
      } else if (step instanceof PolicyEdit.Step.Remove) {
        policies.remove(step.name());
      }
    }
    PolicySnapshot after = PolicySnapshot.of(number, policies);
    List<Problem> problems = judge.judge(after.set());
    if (problems.stream().anyMatch(Problem::isError)) {
      throw new SetRefusedException(problems);
    }
    SetChange change = new SetChange(before, after, problems);
    return change.isEmpty() ? new SetChange(before, before, problems) : change;
  }

  private static StoredPolicy stored(
      PolicyEdit.Step.Put put, @Nullable StoredPolicy old, long number, Instant now) {
    if (old == null) {
      return new StoredPolicy(put.policy(), 1, number, now, now);
    }
    if (old.policy().equals(put.policy())) {
      return old;
    }
    boolean sameSpec = old.policy().spec().equals(put.policy().spec());
    long generation = sameSpec ? old.generation() : old.generation() + 1;
    return new StoredPolicy(put.policy(), generation, number, old.createdAt(), now);
  }

  private PolicySnapshot load(long revision) {
    SortedMap<String, StoredPolicy> policies = store.policiesAt(revision);
    return PolicySnapshot.of(revision, policies);
  }

  private void announce(Revision revision, SetChange change) {
    log.info(
        "revision {} committed by {}: {}",
        revision.number(),
        revision.author(),
        describe(change.changes()));
    for (RevisionListener listener : listeners) {
      try {
        listener.committed(revision, change);
      } catch (RuntimeException e) {
        log.error("revision {} could not be announced to {}", revision.number(), listener, e);
      }
    }
  }

  /** For example {@code Added web; Changed db, cache}; cut to fit a column. */
  static String describe(List<PolicyChange> changes) {
    String text =
        changes.stream()
            .collect(
                Collectors.groupingBy(
                    PolicyChange::kind,
                    TreeMap::new,
                    Collectors.mapping(PolicyChange::name, Collectors.joining(", "))))
            .entrySet()
            .stream()
            .map(kind -> kind.getKey() + " " + kind.getValue())
            .collect(Collectors.joining("; "));
    return text.length() <= 200 ? text : text.substring(0, 199) + "…";
  }
}
