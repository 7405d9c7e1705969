package dev.shunt.control.policies;

import dev.shunt.control.revisions.PolicySnapshot;
import dev.shunt.policy.AccelerationPolicy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Policies that are being written, beside those that are stored. */
final class Drafts {

  private Drafts() {}

  /** The stored policies, with those of the draft in place of theirs of the same name. */
  static List<AccelerationPolicy> beside(PolicySnapshot stored, String draft) {
    return beside(stored, PolicyText.of(draft.getBytes(StandardCharsets.UTF_8)).all());
  }

  static List<AccelerationPolicy> beside(PolicySnapshot stored, List<AccelerationPolicy> drafts) {
    Map<String, AccelerationPolicy> together = new TreeMap<>();
    stored.policies().forEach((name, policy) -> together.put(name, policy.policy()));
    drafts.forEach(policy -> together.put(policy.name(), policy));
    return List.copyOf(together.values());
  }
}
