package dev.shunt.policy.observe;

/** Classes of a message's size, in the order of {@code bpf/include/shunt_observe.h}. */
public enum SizeClass {
  TINY(256, "at most 256 B"),
  SMALL(2_048, "at most 2 KiB"),
  PAGE(8_192, "at most 8 KiB"),
  MEDIUM(32_768, "at most 32 KiB"),
  LARGE(131_072, "at most 128 KiB"),
  HUGE(Integer.MAX_VALUE, "more than 128 KiB");

  private final int most;
  private final String text;

  SizeClass(int most, String text) {
    this.most = most;
    this.text = text;
  }

  /** The smallest class that holds so many bytes. */
  public static SizeClass of(int bytes) {
    for (SizeClass size : values()) {
      if (bytes <= size.most) {
        return size;
      }
    }
    return HUGE;
  }

  /** {@code at most 256 B}. */
  public String text() {
    return text;
  }
}
