package dev.shunt.control.revisions;

import dev.shunt.policy.AccelerationPolicy;
import java.time.Instant;

/**
 * A policy as one revision holds it.
 *
 * @param generation counts changes of the spec, from 1
 * @param sinceRevision the revision that brought this content; what an ETag names
 * @param createdAt when a policy of this name came into being
 * @param changedAt when this content came into being
 */
public record StoredPolicy(
    AccelerationPolicy policy,
    long generation,
    long sinceRevision,
    Instant createdAt,
    Instant changedAt) {

  public StoredPolicy {
    if (generation < 1 || sinceRevision < 1) {
      throw new IllegalArgumentException(
          "expected a generation and a revision from 1, found "
              + generation
              + " and "
              + sinceRevision);
    }
  }

  public String name() {
    return policy.name();
  }
}
