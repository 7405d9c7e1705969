package dev.shunt.node.datapath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shunt.policy.compile.CgroupAutomaton;
import dev.shunt.policy.compile.CgroupAutomaton.Edge;
import dev.shunt.policy.compile.CompiledPolicySet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EdgeTableTest {
  private static final int STATES = 4_000;
  private static final int COMPONENTS = 65_000;

  @Test
  void whatWasPutIsFoundAndNothingElse() {
    EdgeTable table = EdgeTable.empty(100);
    for (int i = 0; i < 100; i++) {
      assertThat(table.put(1 + i % 7, i, i + 1, i + 2)).isTrue();
    }
    for (int i = 0; i < 100; i++) {
      int at = table.find(1 + i % 7, i);
      assertThat(table.next(at)).isEqualTo(i + 1);
      assertThat(table.classId(at)).isEqualTo(i + 2);
    }
    assertThat(table.find(8, 0)).isNegative();
  }

  /** No room parts what has one hash, so more room is not tried for ever. */
  @Test
  void moreTransitionsOfOneHashThanProgramsProbeAreRefused() {
    assertThat(image(sameHash(Abi.EDGE_PROBES)).table(Table.EDGES).count()).isPositive();
    assertThatThrownBy(() -> image(sameHash(Abi.EDGE_PROBES + 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("within 64 probes");
  }

  /** In a slot that holds nothing, states are numbered from 1 and components as they come. */
  private static List<Edge> sameHash(int count) {
    List<Edge> edges = new ArrayList<>();
    for (int state = 0; state < STATES; state++) {
      for (int component = 1; component < COMPONENTS && edges.size() < count; component++) {
        if (((state + 1) * 0x9e37_79b1 ^ component) * 0x85eb_ca6b >>> 12 == 12_345) {
          edges.add(new Edge(state, component, STATES, 0));
        }
      }
    }
    assertThat(edges).hasSize(count);
    return edges;
  }

  private static PolicyImage image(List<Edge> edges) {
    CompiledPolicySet empty = Policies.none();
    List<String> names = IntStream.range(1, COMPONENTS).mapToObj(i -> "c" + i).toList();
    CgroupAutomaton automaton = new CgroupAutomaton(names, edges, 0, empty.cgroups().startClass());
    CompiledPolicySet set =
        new CompiledPolicySet(
            empty.digest(),
            empty.policies(),
            empty.classes(),
            empty.ports(),
            empty.prefixes(),
            automaton,
            empty.anyClass());
    return new PolicyImage(set, Map.of(), HeldSlot.NOTHING);
  }
}
