package dev.shunt.node.cli;

import java.util.List;

/** A command cannot be carried out; each line is printed to standard error as it is. */
final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ExitCode exitCode;
  private final transient List<String> lines;

  CommandFailure(ExitCode exitCode, List<String> lines) {
    super(String.join("\n", lines));
    this.exitCode = exitCode;
    this.lines = List.copyOf(lines);
  }

  static CommandFailure failed(String sentence) {
    return new CommandFailure(ExitCode.FAILED, List.of(sentence));
  }

  static CommandFailure failed(String sentence, Throwable cause) {
    CommandFailure failure = failed(sentence);
    failure.initCause(cause);
    return failure;
  }

  static CommandFailure invalid(String sentence) {
    return new CommandFailure(ExitCode.INVALID, List.of(sentence));
  }

  ExitCode exitCode() {
    return exitCode;
  }

  List<String> lines() {
    return lines;
  }
}
