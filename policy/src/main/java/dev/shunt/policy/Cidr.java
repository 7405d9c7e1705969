package dev.shunt.policy;

import dev.shunt.policy.IpAddress.Family;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * All addresses of one family that share the first {@code prefixLength} bits with {@code base}. A
 * prefix inside {@code ::ffff:0:0/96} is an IPv4 prefix; no other IPv6 prefix, not even {@code
 * ::/0}, contains an IPv4 address.
 */
public record Cidr(IpAddress base, int prefixLength) {

  private static final Pattern SYNTAX =
      Pattern.compile("([0-9a-fA-F:.]{2,45})/(0|[1-9][0-9]{0,2})");
  private static final int MAPPED_BITS = 96;

  public Cidr {
    if (prefixLength < 0 || prefixLength > base.family().bits()) {
      throw new InvalidValueException(
          ProblemCode.BAD_CIDR,
          "a prefix length from 0 to " + base.family().bits(),
          "'" + base + "/" + prefixLength + "'",
          "");
    }
    IpAddress network = network(base, prefixLength);
    if (!network.equals(base)) {
      throw new InvalidValueException(
          ProblemCode.HOST_BITS_SET,
          "no bits set after the first " + prefixLength,
          "'" + base + "/" + prefixLength + "'",
          "write "
              + network
              + "/"
              + prefixLength
              + " for the network or "
              + base
              + "/"
              + base.family().bits()
              + " for the host");
    }
  }

  /**
   * Reads {@code 10.0.0.0/8}, {@code fd00::/8} or {@code ::ffff:10.0.0.0/104}.
   *
   * @throws InvalidValueException when the text is not a network with its length
   */
  public static Cidr parse(String text) {
    Matcher syntax = SYNTAX.matcher(text);
    if (!syntax.matches()) {
      throw notACidr(text, hintFor(text));
    }
    String address = syntax.group(1);
    IpAddress base;
    try {
      base = IpAddress.parse(address);
    } catch (InvalidValueException e) {
      throw notACidr(text, "");
    }
    int length = Integer.parseInt(syntax.group(2));
    boolean mapped = base.family() == Family.V4 && address.indexOf(':') >= 0;
    if (mapped && length < MAPPED_BITS) {
      throw new InvalidValueException(
          ProblemCode.HOST_BITS_SET,
          "a length of " + MAPPED_BITS + " to 128 for an IPv4-mapped network",
          Quoted.of(text),
          "write the IPv4 network");
    }
    return new Cidr(base, mapped ? length - MAPPED_BITS : length);
  }

  /** The network of this length that the address is in. */
  public static Cidr around(IpAddress address, int prefixLength) {
    return new Cidr(network(address, prefixLength), prefixLength);
  }

  private static InvalidValueException notACidr(String text, String hint) {
    return new InvalidValueException(
        ProblemCode.BAD_CIDR, "a network such as 10.0.0.0/8 or fd00::/8", Quoted.of(text), hint);
  }

  private static String hintFor(String text) {
    try {
      IpAddress host = IpAddress.parse(text);
      return "write " + host + "/" + host.family().bits() + " for one host";
    } catch (InvalidValueException e) {
      return "";
    }
  }

  public Family family() {
    return base.family();
  }

  public boolean contains(IpAddress address) {
    return address.family() == base.family() && network(address, prefixLength).equals(base);
  }

  /** Whether every address of {@code other} is in here. */
  public boolean contains(Cidr other) {
    return prefixLength <= other.prefixLength && contains(other.base);
  }

  private static IpAddress network(IpAddress address, int prefixLength) {
    if (address.family() == Family.V4) {
      return new IpAddress(
          Family.V4, 0, prefixLength == 0 ? 0 : address.low() & (-1L << (32 - prefixLength)));
    }
    long high = prefixLength >= 64 ? -1L : prefixLength == 0 ? 0 : -1L << (64 - prefixLength);
    long low = prefixLength <= 64 ? 0 : -1L << (128 - prefixLength);
    return new IpAddress(Family.V6, address.high() & high, address.low() & low);
  }

  @Override
  public String toString() {
    return base + "/" + prefixLength;
  }
}
