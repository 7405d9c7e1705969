package dev.shunt.node.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What bpftool and ip show of the machine. Others may load programs meanwhile; those go away again,
 * while what the test leaves behind stays.
 */
public final class KernelObjects {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Pattern ID = Pattern.compile("\"id\":(\\d+),");

  private final Set<String> before = now();

  /** Programs, maps and links by id, named network namespaces. */
  private static Set<String> now() {
    Set<String> found = new TreeSet<>();
    for (String kind : new String[] {"prog", "map", "link"}) {
      Matcher ids = ID.matcher(run("bpftool", "-j", kind, "show"));
      while (ids.find()) {
        found.add(kind + " " + ids.group(1));
      }
    }
    run("ip", "netns", "list").lines().forEach(line -> found.add("netns " + line));
    return found;
  }

  /** Fails unless everything that appeared until this call goes away. */
  public void assertNothingIsLeft() {
    Set<String> appeared = now();
    appeared.removeAll(before);
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!appeared.isEmpty() && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(POLL.toNanos());
      appeared.retainAll(now());
    }
    assertThat(appeared).as("what is left in the kernel").isEmpty();
  }

  /** {@code bpftool cgroup tree} below a cgroup. */
  public static String cgroupTree(String cgroup) {
    return run("bpftool", "cgroup", "tree", cgroup);
  }

  private static String run(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      // bpftool answers 255 when an object went away between listing and looking; it lists the
      // rest.
      assertThat(process.waitFor()).as(output).isIn(0, 255);
      return output;
    } catch (IOException | InterruptedException e) {
      throw new AssertionError("cannot run " + String.join(" ", command), e);
    }
  }
}
