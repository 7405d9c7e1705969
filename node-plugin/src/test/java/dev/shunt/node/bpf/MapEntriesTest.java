package dev.shunt.node.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class MapEntriesTest {

  @Test
  void entriesAreTheSameInWhateverOrderAndNotWithOneLessOrMoreOrOtherwise() {
    MapEntries entries = entries(1, 7, 2, 8);
    assertThat(entries.sameAs(entries(2, 8, 1, 7))).isTrue();
    assertThat(entries.sameAs(entries(1, 7))).isFalse();
    assertThat(entries.sameAs(entries(1, 7, 2, 9))).isFalse();
    assertThat(entries.sameAs(entries(1, 7, 2, 8, 3, 0))).isFalse();
    assertThat(entries.isHeldBy(entries(1, 7, 2, 8, 3, 0))).isTrue();
    assertThat(entries(1, 7, 2, 8, 3, 0).isHeldBy(entries)).isFalse();
  }

  @Test
  void changesAreWhatIsNewOrOtherwiseAndWhatIsGoneIsTold() {
    MapEntries held = entries(1, 7, 2, 8, 3, 9, 4, 1);
    MapEntries wanted = entries(3, 9, 2, 5, 6, 6, 1, 7);
    assertThat(wanted.changesFrom(held).sameAs(entries(2, 5, 6, 6))).isTrue();
    assertThat(wanted.keysOnlyIn(held)).singleElement().isEqualTo(entries(4, 0).key(0));
    assertThat(wanted.changesFrom(MapEntries.none(4, 4)).sameAs(wanted)).isTrue();
    assertThat(MapEntries.none(4, 4).keysOnlyIn(held)).hasSize(4);
  }

  private static MapEntries entries(int... keysAndValues) {
    int count = keysAndValues.length / 2;
    ByteBuffer keys = ByteBuffer.allocate(count * 4).order(ByteOrder.nativeOrder());
    ByteBuffer values = ByteBuffer.allocate(count * 4).order(ByteOrder.nativeOrder());
    for (int i = 0; i < count; i++) {
      keys.putInt(keysAndValues[2 * i]);
      values.putInt(keysAndValues[2 * i + 1]);
    }
    return new MapEntries(4, 4, keys.array(), values.array());
  }
}
