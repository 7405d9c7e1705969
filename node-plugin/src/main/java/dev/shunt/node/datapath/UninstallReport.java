package dev.shunt.node.datapath;

import java.util.List;

/**
 * What an uninstall removed.
 *
 * @param removed names of the pins that were removed, in the order of removal; empty when nothing
 *     was installed
 * @param acceleratedLive connections that were accelerated when the datapath was detached; they
 *     keep their programs until they close
 */
public record UninstallReport(List<String> removed, long acceleratedLive) {
  public UninstallReport {
    removed = List.copyOf(removed);
  }

  public boolean nothingWasInstalled() {
    return removed.isEmpty();
  }
}
