package dev.shunt.policy;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A pattern of cgroup paths by whole components: {@code *} stands for exactly one component, {@code
 * **} for any number of them, also none; anything else stands for itself.
 */
public record CgroupPattern(List<String> components) {

  public static final String ONE = "*";
  public static final String ANY_DEPTH = "**";

  /** NAME_MAX of the kernel. */
  private static final int LONGEST_COMPONENT = 255;

  private static final String EXPECTED =
      "a cgroup path such as /kubepods.slice/**, with '*' for one whole component and '**' for any depth";

  public CgroupPattern {
    components = List.copyOf(components);
    String text = "/" + String.join("/", components);
    if (components.size() > CgroupPath.DEEPEST) {
      throw new InvalidValueException(
          ProblemCode.BAD_GLOB,
          "at most " + CgroupPath.DEEPEST + " components",
          components.size() + " components",
          "");
    }
    for (int i = 0; i < components.size(); i++) {
      checkComponent(components.get(i), text);
      if (i > 0 && components.get(i).equals(ANY_DEPTH) && components.get(i - 1).equals(ANY_DEPTH)) {
        throw badGlob(text, "'**/**' says no more than '**'");
      }
    }
  }

  /**
   * Reads {@code /kubepods.slice/**}.
   *
   * @throws InvalidValueException when the text is not an absolute path, or has a glob that is not
   *     a whole component
   */
  public static CgroupPattern parse(String text) {
    if (!text.startsWith("/")) {
      throw badGlob(text, "begin with '/'");
    }
    return new CgroupPattern(
        text.equals("/") ? List.of() : List.of(text.substring(1).split("/", -1)));
  }

  private static void checkComponent(String component, String text) {
    if (component.equals(ONE) || component.equals(ANY_DEPTH)) {
      return;
    }
    if (component.isEmpty()) {
      throw badGlob(text, "leave out empty components and the trailing '/'");
    }
    if (component.equals(".") || component.equals("..")) {
      throw badGlob(text, "leave out '.' and '..'");
    }
    if (component.indexOf('*') >= 0) {
      throw badGlob(
          text,
          Quoted.of(component)
              + " is a partial component; '*' stands for a whole one, so match the parent with '/*' or '/**'");
    }
    if (component.indexOf('?') >= 0 || component.indexOf('[') >= 0) {
      throw badGlob(text, "'?' and '[' are no wildcards here; use '*' for a whole component");
    }
    if (component.chars().anyMatch(Character::isISOControl)) {
      throw badGlob(text, "leave out control characters");
    }
    if (component.getBytes(StandardCharsets.UTF_8).length > LONGEST_COMPONENT) {
      throw badGlob(text, "a component has at most " + LONGEST_COMPONENT + " bytes");
    }
  }

  private static InvalidValueException badGlob(String text, String hint) {
    return new InvalidValueException(ProblemCode.BAD_GLOB, EXPECTED, Quoted.of(text), hint);
  }

  /**
   * Whether every path that {@code other} matches is matched by this pattern. Never says yes
   * wrongly; says no to a few pairs that hold, such as {@code *}{@code /**} around {@code **}{@code
   * /*}.
   */
  public boolean contains(CgroupPattern other) {
    List<String> inner = other.components;
    // covers[j]: the components from j on here contain those from i on in the other pattern.
    boolean[] covers = new boolean[components.size() + 1];
    boolean[] next = new boolean[components.size() + 1];
    for (int i = inner.size(); i >= 0; i--) {
      for (int j = components.size(); j >= 0; j--) {
        next[j] = covers(inner, i, j, covers, next);
      }
      boolean[] swap = covers;
      covers = next;
      next = swap;
    }
    return covers[0];
  }

  private boolean covers(List<String> inner, int i, int j, boolean[] afterInner, boolean[] same) {
    if (j == components.size()) {
      return i == inner.size();
    }
    String outer = components.get(j);
    if (outer.equals(ANY_DEPTH)) {
      return same[j + 1] || i < inner.size() && afterInner[j];
    }
    return i < inner.size()
        && !inner.get(i).equals(ANY_DEPTH)
        && (outer.equals(ONE) || outer.equals(inner.get(i)))
        && afterInner[j + 1];
  }

  public boolean matches(CgroupPath path) {
    return !path.isTooDeep() && matches(path.components());
  }

  /**
   * Remembers only the last {@code **}: a later one can always take over what an earlier one would
   * have to give back.
   */
  private boolean matches(List<String> path) {
    int pattern = 0;
    int name = 0;
    int lastAnyDepth = -1;
    int retryAt = 0;
    while (name < path.size()) {
      if (pattern < components.size() && components.get(pattern).equals(ANY_DEPTH)) {
        lastAnyDepth = pattern++;
        retryAt = name;
      } else if (pattern < components.size()
          && (components.get(pattern).equals(ONE)
              || components.get(pattern).equals(path.get(name)))) {
        pattern++;
        name++;
      } else if (lastAnyDepth >= 0) {
        pattern = lastAnyDepth + 1;
        name = ++retryAt;
      } else {
        return false;
      }
    }
    return pattern == components.size()
        || pattern == components.size() - 1 && components.get(pattern).equals(ANY_DEPTH);
  }

  @Override
  public String toString() {
    return "/" + String.join("/", components);
  }
}
