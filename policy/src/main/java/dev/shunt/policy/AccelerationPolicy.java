package dev.shunt.policy;

import static java.util.Objects.requireNonNull;

import java.util.Comparator;

/**
 * The one resource kind of the policy language, without its status. Immutable; equal policies have
 * equal canonical bytes.
 */
public record AccelerationPolicy(Metadata metadata, PolicySpec spec) {

  public static final String API_VERSION = "shunt.dev/v1alpha1";
  public static final String KIND = "AccelerationPolicy";

  /**
   * The first of two policies in this order wins a socket that both match: higher priority, then
   * name.
   */
  public static final Comparator<AccelerationPolicy> WINNING_ORDER =
      Comparator.comparingInt((AccelerationPolicy policy) -> policy.spec().priority())
          .reversed()
          .thenComparing(AccelerationPolicy::name);

  public AccelerationPolicy {
    requireNonNull(metadata, "metadata");
    requireNonNull(spec, "spec");
  }

  public String name() {
    return metadata.name();
  }
}
