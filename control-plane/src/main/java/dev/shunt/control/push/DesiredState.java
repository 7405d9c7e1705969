package dev.shunt.control.push;

import dev.shunt.policy.PolicySet;
import java.util.Arrays;

/**
 * What a node should carry.
 *
 * @param version the revision it was selected from
 * @param digest of the selected set; the same set has the same digest in every revision
 * @param set in winning order
 * @param update the set as it goes over the wire, without the nonce: serialised once and shared by
 *     every node that is sent it, so it must not be written to
 */
public record DesiredState(long version, String digest, PolicySet set, byte[] update) {

  @Override
  public boolean equals(Object other) {
    return other instanceof DesiredState state
        && version == state.version
        && digest.equals(state.digest);
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(version) + digest.hashCode();
  }

  @Override
  public String toString() {
    return "DesiredState[version="
        + version
        + ", digest="
        + digest
        + ", update="
        + Arrays.hashCode(update)
        + "]";
  }
}
