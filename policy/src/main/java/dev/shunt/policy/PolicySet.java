package dev.shunt.policy;

import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Policies that hold together, in winning order. Duplicate names are for the validator to report,
 * not refused here.
 */
public record PolicySet(List<AccelerationPolicy> policies) {

  public static final int MOST_POLICIES = 1_024;
  public static final int MOST_RANGES = 65_536;

  public PolicySet {
    policies = policies.stream().sorted(AccelerationPolicy.WINNING_ORDER).toList();
  }

  /** The part of this set that a node with these labels carries. */
  public PolicySet forNode(Map<String, String> labels) {
    return new PolicySet(
        policies.stream().filter(policy -> policy.spec().nodes().matches(labels)).toList());
  }

  /** Canonical JSON of each policy and a line feed, in winning order. */
  public byte[] canonicalBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (AccelerationPolicy policy : policies) {
      bytes.writeBytes(CanonicalJson.write(policy));
      bytes.write('\n');
    }
    return bytes.toByteArray();
  }

  /**
   * SHA-256 of {@link #canonicalBytes()}, 64 lower-case hex digits; equal on every machine for
   * equal policies.
   */
  public String digest() {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(canonicalBytes()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(
          "expected SHA-256, which every Java platform has to provide", e);
    }
  }
}
