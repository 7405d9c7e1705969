package dev.shunt.control.revisions;

import java.util.List;
import java.util.SortedMap;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** Where revisions live. Thread-safe. */
public interface RevisionStore {

  /**
   * Runs work in one transaction that holds the lock on the revision number, and hands it the
   * newest number. Whatever the work throws undoes the transaction and is thrown on.
   */
  <T> T locked(LongFunction<T> work);

  /** Writes a revision and its changes. Only inside {@link #locked}. */
  void append(Revision revision, List<PolicyChange> changes);

  /** The newest number. */
  long newest();

  /** The policies that hold at a revision that exists. */
  SortedMap<String, StoredPolicy> policiesAt(long revision);

  @Nullable Revision find(long number);

  /** Revisions with numbers below {@code before}, newest first. */
  List<Entry> page(long before, int limit);

  /** A revision and the names it touched, without documents. */
  record Entry(Revision revision, List<Touched> changes) {}

  /** A policy that a revision added, changed or removed. */
  record Touched(String name, PolicyChange.Kind change) {}
}
