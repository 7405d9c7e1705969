package dev.shunt.policy;

import java.util.List;

/**
 * The cgroup v2 path of a socket, from the root of the hierarchy; the root itself has no
 * components.
 *
 * <p>A path deeper than {@value #DEEPEST} matches no pattern, not even {@code /**}: the programs
 * walk no further.
 */
public record CgroupPath(List<String> components) {

  public static final int DEEPEST = 64;
  public static final CgroupPath ROOT = new CgroupPath(List.of());

  public CgroupPath {
    components = List.copyOf(components);
  }

  /**
   * Reads {@code /kubepods.slice/pod1}; a trailing slash is ignored, as the kernel prints none.
   *
   * @throws InvalidValueException when the text is not an absolute path of plain components
   */
  public static CgroupPath parse(String text) {
    String path =
        text.length() > 1 && text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    if (path.equals("/")) {
      return ROOT;
    }
    if (!path.startsWith("/")) {
      throw notAPath(text, "begin with '/'");
    }
    List<String> components = List.of(path.substring(1).split("/", -1));
    if (components.contains("") || components.contains(".") || components.contains("..")) {
      throw notAPath(text, "leave out empty components, '.' and '..'");
    }
    if (text.indexOf('*') >= 0) {
      throw notAPath(text, "a path names one cgroup; only patterns have '*'");
    }
    return new CgroupPath(components);
  }

  private static InvalidValueException notAPath(String text, String hint) {
    return new InvalidValueException(
        ProblemCode.BAD_GLOB, "a cgroup path such as /kubepods.slice/pod1", Quoted.of(text), hint);
  }

  public boolean isTooDeep() {
    return components.size() > DEEPEST;
  }

  @Override
  public String toString() {
    return "/" + String.join("/", components);
  }
}
