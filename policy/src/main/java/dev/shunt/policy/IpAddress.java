package dev.shunt.policy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An address of either family as two 64-bit halves; an IPv4 address is the low 32 bits of {@code
 * low}. An IPv4-mapped IPv6 address is the IPv4 address: there is no other way to hold it.
 */
public record IpAddress(Family family, long high, long low) {

  /** The families, with the number of bits of an address. */
  public enum Family {
    V4(32),
    V6(128);

    private final int bits;

    Family(int bits) {
      this.bits = bits;
    }

    public int bits() {
      return bits;
    }
  }

  private static final Pattern V4 =
      Pattern.compile(
          "(0|[1-9][0-9]{0,2})\\.(0|[1-9][0-9]{0,2})\\.(0|[1-9][0-9]{0,2})\\.(0|[1-9][0-9]{0,2})");
  private static final Pattern V6_CHARACTERS = Pattern.compile("[0-9a-fA-F:.]{2,45}");
  private static final long V4_MASK = 0xffff_ffffL;
  private static final int V6_GROUPS = 8;

  public IpAddress {
    if (family == Family.V4 && (high != 0 || (low & ~V4_MASK) != 0)) {
      throw new IllegalArgumentException(
          "expected an IPv4 address in the low 32 bits, found bits above them");
    }
    if (family == Family.V6 && isMapped(high, low)) {
      family = Family.V4;
      low &= V4_MASK;
    }
  }

  static boolean isMapped(long high, long low) {
    return high == 0 && low >>> 32 == 0xffffL;
  }

  /** An address of 4 or 16 bytes in network order. */
  public static IpAddress of(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return switch (bytes.length) {
      case 4 -> new IpAddress(Family.V4, 0, buffer.getInt() & V4_MASK);
      case 16 -> new IpAddress(Family.V6, buffer.getLong(), buffer.getLong());
      default ->
          throw new IllegalArgumentException("expected 4 or 16 bytes, found " + bytes.length);
    };
  }

  /**
   * Reads an address in dotted or colon notation. Never resolves a name.
   *
   * @throws InvalidValueException when the text is not such an address
   */
  public static IpAddress parse(String text) {
    Matcher v4 = V4.matcher(text);
    if (v4.matches()) {
      long value = 0;
      for (int part = 1; part <= 4; part++) {
        int octet = Integer.parseInt(v4.group(part));
        if (octet > 255) {
          throw notAnAddress(text);
        }
        value = value << 8 | octet;
      }
      return new IpAddress(Family.V4, 0, value);
    }
    if (text.indexOf(':') < 0 || !V6_CHARACTERS.matcher(text).matches()) {
      throw notAnAddress(text);
    }
    try {
      // A text with a colon is never looked up: the JDK either reads it or throws.
      return of(InetAddress.getByName(text).getAddress());
    } catch (UnknownHostException e) {
      throw notAnAddress(text);
    }
  }

  private static InvalidValueException notAnAddress(String text) {
    return new InvalidValueException(
        ProblemCode.BAD_ADDRESS, "an address such as 10.1.2.3 or fd00::1", Quoted.of(text), "");
  }

  /** 4 or 16 bytes in network order. */
  public byte[] bytes() {
    return family == Family.V4
        ? ByteBuffer.allocate(4).putInt((int) low).array()
        : ByteBuffer.allocate(16).putLong(high).putLong(low).array();
  }

  /** Dotted, or the one canonical IPv6 text of RFC 5952. */
  @Override
  public String toString() {
    if (family == Family.V4) {
      return (low >>> 24) + "." + (low >>> 16 & 255) + "." + (low >>> 8 & 255) + "." + (low & 255);
    }
    // The longest run of zero groups is left out, the first of equals; a single zero group is not a
    // run.
    int start = 0;
    int length = 1;
    for (int group = 0; group < V6_GROUPS; group++) {
      int zeros = zerosFrom(group);
      if (zeros > length) {
        start = group;
        length = zeros;
      }
    }
    return length == 1
        ? groups(0, V6_GROUPS)
        : groups(0, start) + "::" + groups(start + length, V6_GROUPS);
  }

  private int zerosFrom(int group) {
    int end = group;
    while (end < V6_GROUPS && group(end) == 0) {
      end++;
    }
    return end - group;
  }

  private String groups(int from, int to) {
    StringBuilder text = new StringBuilder();
    for (int group = from; group < to; group++) {
      text.append(group == from ? "" : ":").append(Integer.toHexString(group(group)));
    }
    return text.toString();
  }

  private int group(int index) {
    long half = index < V6_GROUPS / 2 ? high : low;
    return (int) (half >>> (16 * (3 - index % 4)) & 0xffff);
  }
}
