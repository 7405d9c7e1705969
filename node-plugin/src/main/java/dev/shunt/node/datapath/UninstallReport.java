package dev.shunt.node.datapath;

import java.util.ArrayList;
import java.util.List;

/**
 * What an uninstall removed.
 *
 * @param removed names of the pins that were removed, in the order of removal; empty when nothing
 *     was installed
 * @param acceleratedLive connections that could not be given back to TCP in time; they keep their
 *     programs until they close, and lose nothing
 */
public record UninstallReport(List<String> removed, long acceleratedLive) {
  public UninstallReport {
    removed = List.copyOf(removed);
  }

  UninstallReport and(UninstallReport other) {
    List<String> both = new ArrayList<>(removed);
    both.addAll(other.removed);
    return new UninstallReport(both, acceleratedLive + other.acceleratedLive);
  }

  public boolean nothingWasInstalled() {
    return removed.isEmpty();
  }
}
