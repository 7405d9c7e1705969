package dev.shunt.policy;

import java.util.regex.Pattern;

/**
 * The syntax of names, label keys and label values: Kubernetes', so that labels can be copied from
 * there.
 */
public final class Labels {

  private static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?");
  private static final int LONGEST_PREFIX = 253;

  private Labels() {}

  /**
   * Checks the name of a policy.
   *
   * @throws InvalidValueException when it is not a DNS label
   */
  public static void checkName(String name) {
    if (!DNS_LABEL.matcher(name).matches()) {
      throw new InvalidValueException(
          ProblemCode.BAD_NAME,
          "a DNS label: 1 to 63 of a-z, 0-9 and '-', not starting or ending with '-'",
          Quoted.of(name),
          "");
    }
  }

  /**
   * Checks a label.
   *
   * @throws InvalidValueException when the key or the value is not one of Kubernetes' syntax
   */
  public static void check(String key, String value) {
    checkKey(key);
    checkValue(value);
  }

  /**
   * Checks the key of a label or annotation.
   *
   * @throws InvalidValueException when it is not one of Kubernetes' syntax
   */
  public static void checkKey(String key) {
    int slash = key.indexOf('/');
    boolean prefixIsRight = slash < 0 || isDnsSubdomain(key.substring(0, slash));
    if (!prefixIsRight || !NAME.matcher(key.substring(slash + 1)).matches()) {
      throw new InvalidValueException(
          ProblemCode.BAD_LABEL,
          "a key such as 'team' or 'example.com/team': a name of 1 to 63 of A-Z, a-z, 0-9, '-', '_', '.', after an optional DNS"
              + " prefix and '/'",
          Quoted.of(key),
          "");
    }
  }

  static void checkValue(String value) {
    if (!value.isEmpty() && !NAME.matcher(value).matches()) {
      throw new InvalidValueException(
          ProblemCode.BAD_LABEL,
          "a value of at most 63 of A-Z, a-z, 0-9, '-', '_', '.', starting and ending with a letter or digit",
          Quoted.of(value),
          "");
    }
  }

  private static boolean isDnsSubdomain(String text) {
    if (text.length() > LONGEST_PREFIX) {
      return false;
    }
    for (String label : text.split("\\.", -1)) {
      if (!DNS_LABEL.matcher(label).matches()) {
        return false;
      }
    }
    return true;
  }
}
