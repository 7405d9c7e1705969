package dev.shunt.control.revisions;

/**
 * Hears of every revision once its transaction is committed, in order of their numbers, one at a
 * time. Must return quickly and not edit policies; what it throws is logged and stops nothing.
 */
@FunctionalInterface
public interface RevisionListener {

  void committed(Revision revision, SetChange change);
}
