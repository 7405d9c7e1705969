package dev.shunt.node.sync;

import dev.shunt.node.agent.ApplyOutcome;
import dev.shunt.node.agent.PolicyProblem;
import dev.shunt.node.store.PolicySnapshot;
import dev.shunt.node.sync.PolicyUpdate.Resource;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Sets and updates whose digests are made up: the session never computes one. */
final class PolicyFixtures {
  private PolicyFixtures() {}

  static String digest(int seed) {
    return "%064x".formatted(seed);
  }

  static PolicySnapshot snapshot(long revision, Map<String, String> documents) {
    return PolicySnapshot.of(revision, digest((int) revision), documents);
  }

  static PolicyUpdate full(long nonce, long version, Resource... upserts) {
    return new PolicyUpdate(
        nonce, version, digest((int) version), true, 0, List.of(upserts), List.of());
  }

  static PolicyUpdate delta(
      long nonce, long version, long base, List<Resource> upserts, List<String> removals) {
    return new PolicyUpdate(nonce, version, digest((int) version), false, base, upserts, removals);
  }

  static Resource resource(String name) {
    return new Resource(name, "{\"name\":\"" + name + "\"}");
  }

  static ApplyOutcome applied(PolicySnapshot snapshot) {
    return new ApplyOutcome.Applied(
        snapshot, 1, snapshot.documents().size(), Duration.ofMillis(1), List.of());
  }

  static ApplyOutcome refused(String message) {
    return new ApplyOutcome.Refused(List.of(PolicyProblem.ofSet("apply.fill", "ENOMEM", message)));
  }
}
