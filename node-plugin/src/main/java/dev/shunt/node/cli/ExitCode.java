package dev.shunt.node.cli;

/** How a command ends; the numbers are documented and never change. */
enum ExitCode {
  /** Done; for {@code check}: this machine is fit. */
  OK(0),
  /** It could not be done; for {@code check}: this machine is unfit. */
  FAILED(1),
  /** The command line, the configuration or a policy is wrong; nothing was changed. */
  INVALID(2);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
