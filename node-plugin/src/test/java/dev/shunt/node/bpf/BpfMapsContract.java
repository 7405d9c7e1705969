package dev.shunt.node.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shunt.node.bpf.BpfMap.Put;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What every implementation of {@link BpfMaps} does; each runs all of it. */
abstract class BpfMapsContract {
  abstract BpfMaps maps();

  @Test
  void anEntryThatWasPutIsRead() {
    try (BpfMap map = maps().create(hash(8))) {
      assertThat(map.get(word(1))).isNull();
      map.put(word(1), word(10), Put.ANY);
      map.put(word(1), word(11), Put.ANY);
      assertThat(map.get(word(1))).isEqualTo(word(11));
      assertThat(map.delete(word(1))).isTrue();
      assertThat(map.delete(word(1))).isFalse();
      assertThat(map.get(word(1))).isNull();
    }
  }

  @Test
  void noexistRefusesAKeyThatIsThereAndExistOneThatIsNot() {
    try (BpfMap map = maps().create(hash(8))) {
      refuses(
          "EEXIST",
          () -> {
            map.put(word(1), word(10), Put.NOEXIST);
            map.put(word(1), word(11), Put.NOEXIST);
          });
      refuses("ENOENT", () -> map.put(word(2), word(20), Put.EXIST));
      assertThat(map.get(word(1))).isEqualTo(word(10));
    }
  }

  @Test
  void aFullHashRefusesOneMoreKeyAndSaysSo() {
    try (BpfMap map = maps().create(hash(2))) {
      map.put(word(1), word(0), Put.ANY);
      map.put(word(2), word(0), Put.ANY);
      refuses("E2BIG", () -> map.put(word(3), word(0), Put.ANY));
      map.put(word(2), word(7), Put.ANY);
      assertThat(map.get(word(2))).isEqualTo(word(7));
    }
  }

  @Test
  void anLruHashForgetsInsteadOfRefusing() {
    try (BpfMap map = maps().create(new MapSpec(MapType.LRU_HASH, "t_lru", 4, 4, 16, 0))) {
      for (int i = 0; i < 1000; i++) {
        map.put(word(i), word(i), Put.ANY);
      }
      assertThat(map.readAll().count()).isLessThanOrEqualTo(16);
    }
  }

  @Test
  void keysAndValuesOfAnotherLengthNeverReachTheMap() {
    try (BpfMap map = maps().create(hash(2))) {
      assertThatThrownBy(() -> map.put(new byte[3], word(0), Put.ANY))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> map.put(word(0), new byte[5], Put.ANY))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> map.get(new byte[8])).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> map.delete(new byte[0]))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void anArrayIsZeroAtFirstHasEveryIndexAndNoOther() {
    try (BpfMap map = maps().create(new MapSpec(MapType.ARRAY, "t_array", 4, 4, 3, 0))) {
      assertThat(map.get(word(2))).isEqualTo(word(0));
      assertThat(map.get(word(3))).isNull();
      map.put(word(2), word(9), Put.ANY);
      refuses("E2BIG", () -> map.put(word(3), word(9), Put.ANY));
      refuses("EEXIST", () -> map.put(word(2), word(9), Put.NOEXIST));
      refuses("EINVAL", () -> map.delete(word(1)));
      assertThat(map.readAll().sameAs(entries(0, 0, 1, 0, 2, 9))).isTrue();
    }
  }

  @Test
  void aMappableArrayIsWrittenAndReadLikeAnyOther() {
    MapSpec spec = new MapSpec(MapType.ARRAY, "t_mappable", 4, 4, 3, MapSpec.MAPPABLE);
    try (BpfMap map = maps().create(spec)) {
      map.putAll(entries(2, 9, 0, 7));
      assertThat(map.get(word(2))).isEqualTo(word(9));
      assertThat(map.readAll().sameAs(entries(0, 7, 1, 0, 2, 9))).isTrue();
      refuses("E2BIG", () -> map.putAll(entries(3, 1)));
    }
  }

  @Test
  void aBatchOfManyEntriesIsWrittenAndReadBackWhole() {
    int count = 3000;
    ByteBuffer keys = ByteBuffer.allocate(4 * count).order(ByteOrder.nativeOrder());
    ByteBuffer values = ByteBuffer.allocate(4 * count).order(ByteOrder.nativeOrder());
    for (int i = 0; i < count; i++) {
      keys.putInt(i * 7);
      values.putInt(i);
    }
    MapEntries entries = new MapEntries(4, 4, keys.array(), values.array());
    try (BpfMap map = maps().create(hash(count))) {
      map.putAll(entries);
      assertThat(map.readAll().sameAs(entries)).isTrue();
      assertThat(map.get(word(7 * 2999))).isEqualTo(word(2999));
      map.put(word(7), word(99), Put.EXIST);
      assertThat(map.readAll().sameAs(entries)).isFalse();
    }
  }

  @Test
  void aBatchLargerThanTheMapIsRefused() {
    try (BpfMap map = maps().create(hash(2))) {
      refuses("E2BIG", () -> map.putAll(entries(1, 1, 2, 2, 3, 3)));
    }
  }

  @Test
  void anEmptyBatchIsNothing() {
    try (BpfMap map = maps().create(hash(2))) {
      map.putAll(entries());
      assertThat(map.readAll().count()).isZero();
    }
  }

  @Test
  void anOuterMapHoldsInnerMapsBeyondTheirDescriptors() {
    try (BpfMap template = maps().create(hash(1));
        BpfMap outer = maps().createOuter(outer(), template)) {
      assertThat(outer.getMap(0)).isNull();
      try (BpfMap inner = maps().create(hash(100))) {
        inner.put(word(5), word(50), Put.ANY);
        outer.putMap(0, inner);
        outer.putMap(1, inner);
      }
      try (BpfMap held = Objects.requireNonNull(outer.getMap(0))) {
        assertThat(held.get(word(5))).isEqualTo(word(50));
        assertThat(held.spec().maxEntries()).isEqualTo(100);
      }
      assertThat(outer.get(word(0))).isEqualTo(outer.get(word(1)));
    }
  }

  @Test
  void anOuterMapRefusesInnerMapsOfAnotherShape() {
    MapSpec resizable = new MapSpec(MapType.ARRAY, "t_any", 4, 4, 1, MapSpec.INNER_MAP);
    try (BpfMap template = maps().create(hash(1));
        BpfMap outer = maps().createOuter(outer(), template);
        BpfMap array = maps().create(resizable);
        BpfMap arrays = maps().createOuter(outer(), array);
        BpfMap longer = maps().create(resizable.withMaxEntries(500))) {
      refuses("EINVAL", () -> outer.putMap(0, array));
      refuses("E2BIG", () -> outer.putMap(2, template));
      arrays.putMap(0, longer);
      assertThat(Objects.requireNonNull(arrays.get(word(0)))).isNotEqualTo(word(0));
    }
  }

  private static void refuses(String errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            BpfException.class, e -> assertThat(e.errnoName()).isEqualTo(errno));
  }

  private static MapSpec hash(int entries) {
    return new MapSpec(MapType.HASH, "t_hash", 4, 4, entries, 0);
  }

  private static MapSpec outer() {
    return new MapSpec(MapType.ARRAY_OF_MAPS, "t_outer", 4, 4, 2, 0);
  }

  private static byte[] word(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(value).array();
  }

  private static MapEntries entries(int... keysAndValues) {
    ByteBuffer keys = ByteBuffer.allocate(2 * keysAndValues.length).order(ByteOrder.nativeOrder());
    ByteBuffer values =
        ByteBuffer.allocate(2 * keysAndValues.length).order(ByteOrder.nativeOrder());
    for (int i = 0; i < keysAndValues.length; i += 2) {
      keys.putInt(keysAndValues[i]);
      values.putInt(keysAndValues[i + 1]);
    }
    return new MapEntries(4, 4, keys.array(), values.array());
  }
}
