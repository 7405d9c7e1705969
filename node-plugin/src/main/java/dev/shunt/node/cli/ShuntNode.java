package dev.shunt.node.cli;

import java.io.PrintWriter;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/**
 * The program: parses a command line, runs one command, and turns whatever happens into sentences
 * and an exit code.
 */
@Command(
    name = "shunt-node",
    description = "Joins the sockets of an app and its sidecar in the kernel, by policy.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:done; check: this machine is fit",
      "1:it could not be done; check: this machine is unfit",
      "2:command line, configuration or policy is wrong; nothing was changed"
    },
    synopsisSubcommandLabel = "COMMAND")
final class ShuntNode implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = CommandLine.ScopeType.INHERIT,
      description = "Show this help.")
  private boolean help;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected a command, found none");
  }

  static int execute(World world, String... arguments) {
    var commandLine =
        new CommandLine(new ShuntNode())
            .addSubcommand(new RunCommand(world))
            .addSubcommand(new ApplyCommand(world))
            .addSubcommand(new StatusCommand(world))
            .addSubcommand(new ConnectionsCommand(world))
            .addSubcommand(new RecommendCommand(world))
            .addSubcommand(new ExplainCommand(world))
            .addSubcommand(new CheckCommand(world))
            .addSubcommand(new UninstallCommand(world))
            .addSubcommand(new VersionCommand(world));
    return commandLine
        .setOut(new PrintWriter(world.out(), true))
        .setErr(new PrintWriter(world.err(), true))
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(ShuntNode::wrongUsage)
        .setExecutionExceptionHandler(ShuntNode::failed)
        .execute(arguments);
  }

  private static int wrongUsage(ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    command.getErr().println(e.getMessage());
    command.getErr().println("see: " + command.getCommandSpec().qualifiedName() + " --help");
    return ExitCode.INVALID.number();
  }

  private static int failed(Exception e, CommandLine command, ParseResult result) {
    ExitCode code = ExitCode.FAILED;
    if (e instanceof CommandFailure failure) {
      failure.lines().forEach(command.getErr()::println);
      code = failure.exitCode();
    } else {
      String message = Objects.requireNonNullElse(e.getMessage(), e.getClass().getSimpleName());
      command.getErr().println(message);
    }
    if (isVerbose(command)) {
      e.printStackTrace(command.getErr());
    }
    return code.number();
  }

  private static boolean isVerbose(CommandLine command) {
    return command.getParseResult().hasMatchedOption("--verbose");
  }
}
