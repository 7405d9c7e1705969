import static java.util.Map.entry;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code Cases list}, {@code Cases run NAME MODE TO PORT 4|6}: what conformance/cases/main.c does,
 * for programs on the JVM. "ready" is printed when the connection is open; a line on standard input
 * starts the case.
 */
final class Cases {

  interface Case {
    void run(Ends ends) throws Exception;
  }

  static final String SOCKET = "java-socket";
  static final String CHANNEL = "java-channel";
  private static final int LONGEST_MS = 15_000;

  record Entry(Case body, List<String> modes, List<String> flags) {}

  private static final Map<String, Entry> CASES =
      new TreeMap<>(
          Map.ofEntries(
              both("java_ping_pong", Exchanges::pingPong),
              both("java_big_transfer", Exchanges::bigTransfer),
              both("java_one_byte_writes", Exchanges::oneByteWrites),
              both("java_half_close", Endings::halfClose),
              both("java_reset", Endings::reset),
              both("java_closed_while_reading", Endings::closedWhileReading),
              both("java_write_to_closed_peer", Endings::writeToClosedPeer),
              in(SOCKET, "java_available", Exchanges::available),
              in(SOCKET, "java_read_timeout", Endings::readTimeout),
              in(SOCKET, "java_available_after_fallback", Exchanges::available, "small_limits"),
              // Its first message finds SO_OOBINLINE set, and goes by TCP like all after it.
              in(SOCKET, "java_urgent_byte", Exchanges::urgentByte, "no_messages"),
              in(CHANNEL, "java_gather_and_scatter", Exchanges::gatherAndScatter),
              in(CHANNEL, "java_transfer_to", Exchanges::transferTo),
              in(CHANNEL, "java_selector", Selecting::selector),
              in(CHANNEL, "java_stopped_reader", Selecting::stoppedReader),
              in(
                  CHANNEL,
                  "java_stopped_reader_small_limits",
                  Selecting::stoppedReader,
                  "small_limits")));

  private static Map.Entry<String, Entry> both(String name, Case body) {
    return entry(name, new Entry(body, List.of(SOCKET, CHANNEL), List.of()));
  }

  private static Map.Entry<String, Entry> in(String mode, String name, Case body, String... flags) {
    return entry(name, new Entry(body, List.of(mode), List.of(flags)));
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("list")) {
      CASES.forEach(Cases::list);
      return;
    }
    Entry found = CASES.get(arguments[1]);
    try (var ends =
        new Ends(
            arguments[2].equals(CHANNEL),
            arguments[3],
            Integer.parseInt(arguments[4]),
            arguments[5].equals("6"))) {
      ends.useOnce();
      System.out.println("ready");
      System.out.flush();
      if (new BufferedReader(new InputStreamReader(System.in)).readLine() == null) {
        return;
      }
      watch();
      found.body().run(ends);
    }
    System.out.println("end");
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }

  private static void list(String name, Entry e) {
    var line = new StringBuilder("name=" + name + " group=java");
    e.modes().forEach(m -> line.append(" mode=").append(m));
    e.flags().forEach(f -> line.append(" flag=").append(f));
    System.out.println(line);
  }

  private static void watch() {
    var watchdog =
        new Thread(
            () -> {
              Ends.pause(LONGEST_MS);
              Notes.note("hang", "the case did not come to its end");
              Runtime.getRuntime().halt(4);
            });
    watchdog.setDaemon(true);
    watchdog.start();
  }
}
