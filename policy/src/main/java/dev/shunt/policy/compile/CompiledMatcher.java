package dev.shunt.policy.compile;

import dev.shunt.policy.CgroupPath;
import dev.shunt.policy.Dimension;
import dev.shunt.policy.IpAddress;
import dev.shunt.policy.IpAddress.Family;
import dev.shunt.policy.compile.CgroupAutomaton.Edge;
import dev.shunt.policy.compile.CompiledPolicySet.Row;
import dev.shunt.policy.match.SocketView;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Classifies as the BPF program does, from the compiled maps alone: four class lookups, an AND of
 * their summaries and words, and the first bit. Immutable and thread-safe.
 */
public final class CompiledMatcher {

  private final CompiledPolicySet compiled;
  private final Map<String, Integer> components = new HashMap<>();
  private final Map<Long, Edge> edges = new HashMap<>();
  private final Map<Family, AddressBounds> clients = new EnumMap<>(Family.class);
  private final Map<Family, AddressBounds> servers = new EnumMap<>(Family.class);

  public CompiledMatcher(CompiledPolicySet compiled) {
    this.compiled = compiled;
    CgroupAutomaton automaton = compiled.cgroups();
    for (int i = 0; i < automaton.components().size(); i++) {
      components.put(automaton.components().get(i), i + 1);
    }
    automaton.edges().forEach(edge -> edges.put(edgeKey(edge.state(), edge.component()), edge));
    for (Family family : Family.values()) {
      clients.put(family, compiled.bounds(Dimension.CLIENT, family));
      servers.put(family, compiled.bounds(Dimension.SERVER, family));
    }
  }

  /** The winning policy's row. */
  public Optional<Row> winner(SocketView view) {
    ClassVector port = compiled.classes().get(compiled.ports()[view.serverPort()]);
    ClassVector cgroup = compiled.classes().get(cgroupClass(view.cgroup()));
    ClassVector client = compiled.classes().get(addressClass(clients, view.client()));
    ClassVector server = compiled.classes().get(addressClass(servers, view.server()));
    long words = port.summary() & cgroup.summary() & client.summary() & server.summary();
    while (words != 0) {
      int word = Long.numberOfTrailingZeros(words);
      long bits = port.word(word) & cgroup.word(word) & client.word(word) & server.word(word);
      if (bits != 0) {
        return Optional.of(
            compiled.policies().get(word * Long.SIZE + Long.numberOfTrailingZeros(bits)));
      }
      words &= words - 1;
    }
    return Optional.empty();
  }

  private int cgroupClass(CgroupPath path) {
    if (path.isTooDeep()) {
      return compiled.anyClass().cgroup();
    }
    int state = compiled.cgroups().start();
    int classId = compiled.cgroups().startClass();
    for (String name : path.components()) {
      Edge edge =
          edges.get(edgeKey(state, components.getOrDefault(name, CgroupAutomaton.ANY_OTHER)));
      if (edge == null) {
        edge = edges.get(edgeKey(state, CgroupAutomaton.ANY_OTHER));
      }
      if (edge == null) {
        return compiled.anyClass().cgroup();
      }
      state = edge.nextState();
      classId = edge.classId();
    }
    return classId;
  }

  private static long edgeKey(int state, int component) {
    return (long) state << 32 | component;
  }

  private static int addressClass(Map<Family, AddressBounds> tables, IpAddress address) {
    return Objects.requireNonNull(tables.get(address.family())).classOf(address);
  }
}
