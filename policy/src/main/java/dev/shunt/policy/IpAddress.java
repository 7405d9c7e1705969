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
    int zeros = longestZeroRun();
    int zerosStart = zeros / (V6_GROUPS + 1);
    int zerosEnd = zerosStart + zeros % (V6_GROUPS + 1);
    StringBuilder text = new StringBuilder();
    for (int group = 0; group < V6_GROUPS; group++) {
      if (group == zerosStart && zerosEnd > zerosStart) {
        text.append("::");
        group = zerosEnd - 1;
      } else {
        if (group > 0 && group != zerosEnd || group > 0 && zerosEnd == zerosStart) {
          text.append(':');
        }
        text.append(Integer.toHexString(group(group)));
      }
    }
    return text.toString();
  }

  /**
   * Start times 9 plus length of the longest run of two or more zero groups, the first of equals; 0
   * when there is none.
   */
  private int longestZeroRun() {
    int best = 0;
    int length = 0;
    for (int group = 0; group < V6_GROUPS; group++) {
      length = group(group) == 0 ? length + 1 : 0;
      if (length > 1 && length > best % (V6_GROUPS + 1)) {
        best = (group - length + 1) * (V6_GROUPS + 1) + length;
      }
    }
    return best;
  }

  private int group(int index) {
    long half = index < V6_GROUPS / 2 ? high : low;
    return (int) (half >>> (16 * (3 - index % 4)) & 0xffff);
  }
}
