package dev.shunt.control.push;

import dev.shunt.policy.PolicySet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Selects each node's policies from the newest set. Nodes with equal labels share one selection,
 * and equal selections share one serialised update. Thread-safe.
 */
public final class DesiredStates {

  /** Writes a selection in the form that goes over the wire. */
  @FunctionalInterface
  public interface Encoder {
    byte[] encode(long version, String digest, PolicySet set);
  }

  private final Encoder encoder;
  private volatile Selections newest;

  public DesiredStates(Encoder encoder, long version, PolicySet set) {
    this.encoder = encoder;
    this.newest = new Selections(version, set);
  }

  /** Makes a newer set the one to select from; an older one is ignored. */
  public synchronized void advance(long version, PolicySet set) {
    if (version > newest.version) {
      newest = new Selections(version, set);
    }
  }

  /** The newest version. */
  public long version() {
    return newest.version;
  }

  public DesiredState forLabels(Map<String, String> labels) {
    return newest.forLabels(labels);
  }

  private final class Selections {

    final long version;
    private final PolicySet set;
    private final Map<Map<String, String>, DesiredState> byLabels = new ConcurrentHashMap<>();
    private final Map<String, DesiredState> byDigest = new ConcurrentHashMap<>();

    Selections(long version, PolicySet set) {
      this.version = version;
      this.set = set;
    }

    DesiredState forLabels(Map<String, String> labels) {
      DesiredState known = byLabels.get(labels);
      return known != null ? known : byLabels.computeIfAbsent(Map.copyOf(labels), this::select);
    }

    private DesiredState select(Map<String, String> labels) {
      PolicySet selected = set.forNode(labels);
      return byDigest.computeIfAbsent(
          selected.digest(),
          digest ->
              new DesiredState(
                  version, digest, selected, encoder.encode(version, digest, selected)));
    }
  }
}
