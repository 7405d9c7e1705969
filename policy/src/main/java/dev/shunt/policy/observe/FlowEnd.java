package dev.shunt.policy.observe;

import dev.shunt.policy.match.SocketView;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * One end of open connections, as policies see it.
 *
 * @param obstacles the datapath's words for what about this socket speaks against acceleration now,
 *     for example {@code blocking_socket}
 */
public record FlowEnd(SocketView view, SortedSet<String> obstacles) {

  public FlowEnd {
    obstacles = Collections.unmodifiableSortedSet(new TreeSet<>(obstacles));
  }
}
