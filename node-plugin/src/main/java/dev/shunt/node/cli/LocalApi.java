package dev.shunt.node.cli;

import dev.shunt.node.agent.AgentLock;
import dev.shunt.node.agent.ApplyOutcome;
import dev.shunt.node.agent.LocalServer;
import dev.shunt.node.agent.PolicyProblem;
import dev.shunt.node.agent.PolicyText;
import dev.shunt.node.json.JsonException;
import dev.shunt.node.json.JsonObject;
import dev.shunt.node.sync.ControlPlaneClient;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The operations of the local socket, on both of its ends. */
final class LocalApi implements LocalServer.Handler {

  static final String APPLY = "apply";
  static final String STATUS = "status";
  static final String STOP = "stop";

  private final NodeAgent agent;
  private final Settings settings;
  private final Signals signals;

  LocalApi(NodeAgent agent, Settings settings, Signals signals) {
    this.agent = agent;
    this.settings = settings;
    this.signals = signals;
  }

  static Map<String, Object> applyRequest(List<PolicyText> texts) {
    var documents = new ArrayList<Map<String, Object>>();
    for (PolicyText text : texts) {
      // Bytes that are not UTF-8 must reach the parser as they are, to be refused by it.
      documents.add(
          Map.of(
              "source", text.source(), "base64", Base64.getEncoder().encodeToString(text.text())));
    }
    return Map.of("op", APPLY, "documents", documents);
  }

  static List<PolicyProblem> problems(JsonObject answer) throws JsonException {
    var problems = new ArrayList<PolicyProblem>();
    for (JsonObject problem : answer.objects("problems")) {
      problems.add(
          new PolicyProblem(
              problem.string("source"),
              problem.string("resource"),
              problem.string("path"),
              Math.toIntExact(problem.number("line")),
              Math.toIntExact(problem.number("column")),
              problem.string("code"),
              problem.string("errno"),
              problem.string("message")));
    }
    return problems;
  }

  @Override
  public Map<String, Object> answer(String operation, JsonObject request)
      throws JsonException, LocalServer.RequestRefusedException {
    return switch (operation) {
      case APPLY -> apply(request);
      case STATUS -> status();
      case STOP -> stop();
      default ->
          throw new LocalServer.RequestRefusedException(
              "expected the operation apply, status or stop, found " + operation, Map.of());
    };
  }

  private Map<String, Object> apply(JsonObject request)
      throws JsonException, LocalServer.RequestRefusedException {
    if (agent.mode() == AgentLock.Mode.MANAGED) {
      throw new LocalServer.RequestRefusedException(
          "the node plugin that runs here (pid %d) takes its policies from the control plane at %s; change them there"
              .formatted(ProcessHandle.current().pid(), settings.controlPlane()),
          Map.of());
    }
    var texts = new ArrayList<PolicyText>();
    for (JsonObject document : request.objects("documents")) {
      byte[] text = Base64.getDecoder().decode(document.string("base64"));
      texts.add(new PolicyText(document.string("source"), text));
    }
    ApplyOutcome outcome = agent.apply(texts);
    if (outcome instanceof ApplyOutcome.Applied done) {
      var answer = new LinkedHashMap<String, Object>();
      answer.put("generation", done.generation());
      answer.put("policies", done.policies());
      answer.put("digest", done.snapshot().digest());
      answer.put("warnings", done.warnings().stream().map(PolicyProblem::display).toList());
      return answer;
    }
    List<PolicyProblem> problems = ((ApplyOutcome.Refused) outcome).problems();
    throw new LocalServer.RequestRefusedException(
        "the policies were refused",
        Map.of("problems", problems.stream().map(LocalApi::json).toList()));
  }

  private Map<String, Object> status() {
    var answer = new LinkedHashMap<String, Object>();
    answer.put("pid", ProcessHandle.current().pid());
    answer.put("mode", agent.mode().word());
    answer.put("version", AgentVersion.text());
    answer.put("node", settings.nodeId());
    answer.put("appliedRevision", agent.enforcer().enforced().revision());
    answer.put("digest", agent.enforcer().enforced().digest());
    answer.put("problems", agent.health().problems());
    ControlPlaneClient.View view = agent.controlPlane();
    if (view != null) {
      answer.put("controlPlane", String.valueOf(settings.controlPlane()));
      answer.put("connected", view.connected());
      answer.put("desiredRevision", view.desiredRevision());
    }
    return answer;
  }

  private Map<String, Object> stop() {
    signals.request(Signals.Request.STOP);
    return Map.of("pid", ProcessHandle.current().pid());
  }

  private static Map<String, Object> json(PolicyProblem problem) {
    var members = new LinkedHashMap<String, Object>();
    members.put("source", problem.source());
    members.put("resource", problem.resource());
    members.put("path", problem.path());
    members.put("line", problem.line());
    members.put("column", problem.column());
    members.put("code", problem.code());
    members.put("errno", problem.errno());
    members.put("message", problem.message());
    return members;
  }
}
