package dev.shunt.node.cli;

import dev.shunt.node.agent.AgentLock;
import dev.shunt.node.agent.AgentRunningException;
import dev.shunt.node.agent.ApplyOutcome;
import dev.shunt.node.agent.LocalClient;
import dev.shunt.node.agent.PolicyProblem;
import dev.shunt.node.agent.PolicyText;
import dev.shunt.node.agent.SentenceLog;
import dev.shunt.node.datapath.DatapathException;
import dev.shunt.node.json.JsonException;
import dev.shunt.node.json.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code shunt-node apply}: makes files the whole policy set of this node. */
@Command(
    name = "apply",
    description =
        "Make these documents the whole policy set of this node: through the agent when one runs, else directly.")
final class ApplyCommand implements Callable<Integer> {

  private final World world;

  @Mixin CommonOptions common = new CommonOptions();

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      required = true,
      description = "Policy documents, YAML or JSON; may be repeated; - is standard input.")
  List<String> files = List.of();

  ApplyCommand(World world) {
    this.world = world;
  }

  @Override
  public Integer call() throws IOException {
    Settings settings = common.settings(world);
    List<PolicyText> texts = new PolicyFiles(files, world.in()).read();
    if (AgentLock.holder(settings.runFolder()) == null) {
      applyDirectly(settings, texts);
    } else {
      applyThroughAgent(settings, texts);
    }
    return ExitCode.OK.number();
  }

  private void applyThroughAgent(Settings settings, List<PolicyText> texts) throws IOException {
    JsonObject answer = LocalClient.ask(settings.runFolder(), LocalApi.applyRequest(texts));
    try {
      if (answer.flag("ok")) {
        print(answer.number("generation"), answer.number("policies"), "by the running agent");
      } else if (answer.has("problems")) {
        throw PolicyFiles.invalid(LocalApi.problems(answer));
      } else {
        throw CommandFailure.failed(answer.string("error"));
      }
    } catch (JsonException e) {
      throw CommandFailure.failed(
          "the running agent gave an answer of another version: " + e.getMessage(), e);
    }
  }

  private void applyDirectly(Settings settings, List<PolicyText> texts) throws IOException {
    PolicyFiles.requireValid(texts);
    try (NodeAgent agent =
        NodeAgent.open(world, settings, AgentLock.Mode.STANDALONE, new SentenceLog(world.err()))) {
      ApplyOutcome outcome = agent.enforcer().apply(texts);
      if (outcome instanceof ApplyOutcome.Refused refused) {
        throw PolicyFiles.invalid(refused.problems());
      } else if (outcome instanceof ApplyOutcome.Applied done) {
        done.warnings().stream().map(PolicyProblem::display).forEach(world.err()::println);
        print(done.generation(), done.policies(), "without an agent");
      }
    } catch (AgentRunningException e) {
      throw CommandFailure.failed(String.valueOf(e.getMessage()));
    } catch (DatapathException e) {
      throw RunCommand.datapathFailure(e);
    }
  }

  private void print(long generation, long policies, String how) {
    world
        .out()
        .printf(
            "applied %s: generation %d, %d %s%n",
            how, generation, policies, policies == 1 ? "policy" : "policies");
  }
}
