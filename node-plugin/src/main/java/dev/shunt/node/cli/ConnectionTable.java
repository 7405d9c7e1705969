package dev.shunt.node.cli;

import dev.shunt.node.datapath.LiveConnections;
import dev.shunt.node.datapath.Reason;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Connections for people, with a sentence for each reason among them.
 *
 * @param fitting how many there would be without a limit
 */
record ConnectionTable(List<ConnectionView> shown, int fitting, LiveConnections live) {

  List<String> lines() {
    var lines = new ArrayList<String>();
    if (shown.isEmpty()) {
      lines.add(
          live.counted().isEmpty()
              ? "no connection that a policy matches is open"
              : "none of the %s live connections fits"
                  .formatted(Human.count(live.counted().size())));
    } else {
      var rows = new ArrayList<List<String>>();
      rows.add(ConnectionView.TITLES);
      shown.forEach(view -> rows.add(view.row()));
      lines.addAll(Human.wordTable(rows));
    }
    if (shown.size() < fitting) {
      lines.add("");
      lines.add(
          "the %s with most bytes of %s connections"
              .formatted(Human.count(shown.size()), Human.count(fitting)));
    }
    addReasons(lines);
    if (live.alone() > 0) {
      lines.add("");
      lines.add(
          "sockets whose other end was not found yet, so their connection is not counted: "
              + Human.count(live.alone()));
    }
    return lines;
  }

  private void addReasons(List<String> lines) {
    Set<Reason> reasons = EnumSet.noneOf(Reason.class);
    shown.forEach(view -> reasons.addAll(view.reasons()));
    if (!reasons.isEmpty()) {
      lines.add("");
      lines.addAll(
          Human.wordTable(
              reasons.stream()
                  .map(reason -> Human.row(reason.wireName(), Reasons.sentence(reason)))
                  .toList()));
    }
  }
}
