package dev.shunt.node.check;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A kernel's version, and whether its sockmap is one that Shunt may use. */
record KernelRelease(int major, int minor, int patch) implements Comparable<KernelRelease> {

  private static final Pattern RELEASE = Pattern.compile("(\\d+)\\.(\\d+)(?:\\.(\\d+))?.*");

  /** Since when a program may look into sockets that it was not handed (bpf_rdonly_cast()). */
  private static final KernelRelease OLDEST = new KernelRelease(6, 2, 0);

  /**
   * Since when the backlog of a redirected socket can be read, by series; without it memory is
   * unbounded. Distributors add that fix to others, which their numbers do not tell.
   */
  private static final KernelRelease[] BACKLOG_READABLE = {
    new KernelRelease(6, 6, 69), new KernelRelease(6, 12, 8), new KernelRelease(6, 13, 0)
  };

  /** Older ones of these series work, but lack fixes for crashes and data loss. */
  private static final KernelRelease[] RECOMMENDED = {new KernelRelease(6, 12, 115)};

  /** Null when the text is not a release. */
  static @Nullable KernelRelease parse(String text) {
    Matcher matcher = RELEASE.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    int patch = matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3));
    return new KernelRelease(
        Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)), patch);
  }

  boolean isTooOld() {
    return compareTo(OLDEST) < 0;
  }

  boolean backlogIsReadable() {
    if (compareTo(BACKLOG_READABLE[BACKLOG_READABLE.length - 1]) >= 0) {
      return true;
    }
    for (KernelRelease first : BACKLOG_READABLE) {
      if (sameSeries(first) && compareTo(first) >= 0) {
        return true;
      }
    }
    return false;
  }

  /** Null when this one is as good as any of its series. */
  @Nullable KernelRelease recommended() {
    for (KernelRelease better : RECOMMENDED) {
      if (sameSeries(better) && compareTo(better) < 0) {
        return better;
      }
    }
    return null;
  }

  static String floor() {
    return "6.6.69 of 6.6, 6.12.8 of 6.12, 6.13 and later, or one from 6.2 on that was given their fix";
  }

  private boolean sameSeries(KernelRelease other) {
    return major == other.major && minor == other.minor;
  }

  @Override
  public int compareTo(KernelRelease other) {
    if (major != other.major) {
      return Integer.compare(major, other.major);
    }
    return minor != other.minor
        ? Integer.compare(minor, other.minor)
        : Integer.compare(patch, other.patch);
  }

  @Override
  public String toString() {
    return major + "." + minor + "." + patch;
  }
}
