package dev.shunt.node.cli;

import dev.shunt.node.agent.Enforcer;
import dev.shunt.node.agent.PolicyProblem;
import dev.shunt.node.agent.PolicyText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The files named with {@code -f}; {@code -} is standard input, which can be read only once. */
final class PolicyFiles {

  private static final String STANDARD_INPUT = "-";

  private final List<String> names;
  private final InputStream in;
  private @Nullable PolicyText standardInput;

  PolicyFiles(List<String> names, InputStream in) {
    var seen = new HashSet<String>();
    for (String name : names) {
      if (!seen.add(name)) {
        throw CommandFailure.invalid("-f " + name + " is given twice; give each file once");
      }
    }
    this.names = List.copyOf(names);
    this.in = in;
  }

  /** Reads every file anew; standard input keeps what it was. */
  List<PolicyText> read() {
    var texts = new ArrayList<PolicyText>();
    for (String name : names) {
      texts.add(name.equals(STANDARD_INPUT) ? standardInput() : file(name));
    }
    return texts;
  }

  /** Refuses texts with errors before anything is installed for them. */
  static void requireValid(List<PolicyText> texts) {
    List<PolicyProblem> problems = Enforcer.problemsOf(texts);
    if (!problems.isEmpty()) {
      throw invalid(problems);
    }
  }

  /** One line for each problem, and how many there are. */
  static CommandFailure invalid(List<PolicyProblem> problems) {
    var lines = new ArrayList<String>();
    problems.forEach(problem -> lines.add(problem.display()));
    boolean inPolicy = problems.stream().anyMatch(problem -> problem.code().startsWith("SH"));
    lines.add(
        problems.size() == 1
            ? "1 problem; nothing was applied"
            : problems.size() + " problems; nothing was applied");
    return new CommandFailure(inPolicy ? ExitCode.INVALID : ExitCode.FAILED, lines);
  }

  private PolicyText standardInput() {
    if (standardInput == null) {
      try {
        standardInput = new PolicyText("<stdin>", in.readAllBytes());
      } catch (IOException e) {
        throw CommandFailure.failed("cannot read standard input: " + e.getMessage(), e);
      }
    }
    return standardInput;
  }

  private static PolicyText file(String name) {
    try {
      return new PolicyText(name, Files.readAllBytes(Path.of(name)));
    } catch (NoSuchFileException e) {
      throw CommandFailure.invalid("cannot read the policy file " + name + ": it does not exist");
    } catch (IOException e) {
      throw CommandFailure.failed("cannot read the policy file " + name + ": " + e, e);
    }
  }
}
