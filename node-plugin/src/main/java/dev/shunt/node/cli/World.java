package dev.shunt.node.cli;

import dev.shunt.node.datapath.DatapathInstaller;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Map;

/** Everything outside a command that it may touch. */
record World(
    DatapathInstaller installer,
    InputStream in,
    PrintStream out,
    PrintStream err,
    Map<String, String> environment,
    Clock clock) {

  static World real() {
    return new World(
        DatapathInstaller.onThisKernel(),
        System.in,
        new PrintStream(System.out, true, StandardCharsets.UTF_8),
        new PrintStream(System.err, true, StandardCharsets.UTF_8),
        System.getenv(),
        Clock.systemUTC());
  }
}
