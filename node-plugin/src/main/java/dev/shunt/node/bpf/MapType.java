package dev.shunt.node.bpf;

/** Map types Shunt uses; the numbers are those of {@code enum bpf_map_type}. */
public enum MapType {
  HASH(1),
  ARRAY(2),
  PERCPU_ARRAY(6),
  LRU_HASH(9),
  ARRAY_OF_MAPS(12),
  SOCKHASH(18),
  SK_STORAGE(24),
  RINGBUF(27);

  private final int number;

  MapType(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  static MapType of(int number) {
    for (MapType type : values()) {
      if (type.number == number) {
        return type;
      }
    }
    throw new IllegalArgumentException("map type " + number + " is none that Shunt uses");
  }

  /** Every index exists from the start and none can be deleted. */
  public boolean isArray() {
    return this == ARRAY || this == ARRAY_OF_MAPS;
  }
}
