package dev.shunt.node.traffic;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * A setting of the whole host that a test needs otherwise for a moment. A process of its own puts
 * it back, also when the test's is killed.
 */
final class HostSetting {
  private static final String KEEPER =
      """
      before=$(sysctl -n "$1") && trap '' INT TERM HUP && sysctl -qw "$1=$(echo "$before" | sed "$2")" &&
      echo edited && cat > /dev/null; sysctl -qw "$1=$before"
      """;

  interface Work {
    void run() throws Exception;
  }

  private HostSetting() {}

  /**
   * Works while it is edited.
   *
   * @param name as sysctl(8) names it
   * @param edit the change of its value, as sed(1) is told
   */
  static void edited(String name, String edit, Work work) throws Exception {
    Process keeper = new ProcessBuilder("sh", "-c", KEEPER, "sh", name, edit).start();
    try {
      if (!"edited".equals(keeper.inputReader().readLine())) {
        throw new AssertionError(
            name + ": " + new String(keeper.getErrorStream().readAllBytes(), UTF_8));
      }
      work.run();
    } finally {
      keeper.getOutputStream().close();
      keeper.waitFor();
    }
  }
}
