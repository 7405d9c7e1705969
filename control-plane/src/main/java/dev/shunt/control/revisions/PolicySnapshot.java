package dev.shunt.control.revisions;

import dev.shunt.policy.PolicySet;
import java.util.Collection;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The whole policy set at one revision. Immutable.
 *
 * @param digest of the set, as the policy module defines it
 * @param policies by name
 */
public record PolicySnapshot(
    long revision, String digest, SortedMap<String, StoredPolicy> policies) {

  public PolicySnapshot {
    policies = Collections.unmodifiableSortedMap(new TreeMap<>(policies));
  }

  static PolicySnapshot of(long revision, SortedMap<String, StoredPolicy> policies) {
    return new PolicySnapshot(revision, setOf(policies.values()).digest(), policies);
  }

  public @Nullable StoredPolicy find(String name) {
    return policies.get(name);
  }

  public PolicySet set() {
    return setOf(policies.values());
  }

  private static PolicySet setOf(Collection<StoredPolicy> policies) {
    return new PolicySet(policies.stream().map(StoredPolicy::policy).toList());
  }
}
