package dev.shunt.control.security;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/**
 * Random secrets and their hashes. A secret of 256 random bits needs no salt and no slow hash, so
 * looking one up is one indexed query.
 */
public final class Secrets {

  private static final SecureRandom RANDOM = new SecureRandom();

  private Secrets() {}

  /**
   * A new secret.
   *
   * @param kind shown in front, so that a leaked one can be recognised, for example {@code join}
   */
  public static String create(String kind) {
    byte[] bits = new byte[32];
    RANDOM.nextBytes(bits);
    return "shunt_" + kind + "_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
  }

  /** SHA-256, 64 lower-case hex digits. */
  public static String hash(String secret) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(
          "expected SHA-256, which every Java platform has to provide", e);
    }
  }
}
