package dev.shunt.node.traffic;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Runs a program to its end. */
final class Command {
  private Command() {}

  /** What the program printed, errors included; fails when it failed. */
  static String run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exit = process.onExit().join().exitValue();
    if (exit != 0) {
      throw new AssertionError(
          "%s ended with %d: %s".formatted(String.join(" ", command), exit, output));
    }
    return output;
  }
}
