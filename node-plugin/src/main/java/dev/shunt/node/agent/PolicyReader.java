package dev.shunt.node.agent;

import dev.shunt.node.store.PolicySnapshot;
import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.CanonicalJson;
import dev.shunt.policy.PolicySet;
import dev.shunt.policy.Problem;
import dev.shunt.policy.ProblemCode;
import dev.shunt.policy.parse.ParsedPolicies;
import dev.shunt.policy.parse.PolicyParser;
import dev.shunt.policy.parse.SourceMap;
import dev.shunt.policy.validate.PolicyValidator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Turns texts, or what the control plane sent, into one valid policy set, or says everything that
 * is wrong.
 */
final class PolicyReader {

  private final List<AccelerationPolicy> policies = new ArrayList<>();
  private final List<PolicyProblem> errors = new ArrayList<>();
  private final List<PolicyProblem> warnings = new ArrayList<>();

  private final Map<String, Origin> origins = new HashMap<>();

  private PolicyReader() {}

  /** Where a policy of a file stands. */
  private record Origin(String source, SourceMap places) {

    PolicyProblem locate(Problem problem) {
      SourceMap.Position position = places.at(problem.path());
      return PolicyProblem.of(
          source, problem.policy(), problem.at(position.line(), position.column()));
    }
  }

  /**
   * What was read.
   *
   * @param set meaningless when there are errors
   */
  record Result(
      PolicySet set,
      PolicySnapshot snapshot,
      List<PolicyProblem> errors,
      List<PolicyProblem> warnings) {}

  /** Reads policy files; names must be distinct over all of them. */
  static Result read(List<PolicyText> texts) {
    var reader = new PolicyReader();
    for (PolicyText text : texts) {
      ParsedPolicies parsed = reader.parse(text.source(), "", text.text());
      for (int i = 0; i < parsed.policies().size(); i++) {
        reader.addOnce(
            parsed.policies().get(i), new Origin(text.source(), parsed.sources().get(i)));
      }
    }
    if (reader.errors.isEmpty()) {
      reader.validateTogether();
    }
    return reader.result(0);
  }

  /** Reads a set by name; its digest must be the one it claims. */
  static Result read(PolicySnapshot claimed) {
    var reader = new PolicyReader();
    claimed.documents().forEach(reader::addNamed);
    Result result = reader.result(claimed.revision());
    if (result.errors().isEmpty() && !result.snapshot().digest().equals(claimed.digest())) {
      reader.errors.add(
          PolicyProblem.ofSet(
              "update.digest",
              "",
              "expected the set to have digest %s, found %s; sender and node read the policies differently"
                  .formatted(claimed.digest(), result.snapshot().digest())));
    }
    return reader.result(claimed.revision());
  }

  private void addOnce(AccelerationPolicy policy, Origin origin) {
    Origin first = origins.putIfAbsent(policy.name(), origin);
    if (first == null) {
      policies.add(policy);
      return;
    }
    Problem problem =
        Problem.of(
            ProblemCode.DUPLICATE_NAME,
            policy.name(),
            "metadata.name",
            "each name once in all files",
            "a policy of that name in " + first.source() + " too",
            "rename one of them");
    errors.add(origin.locate(problem));
  }

  /** What only the whole set can show: limits, failing tests, policies that can never win. */
  private void validateTogether() {
    for (Problem problem : PolicyValidator.validate(policies)) {
      Origin origin = origins.get(problem.policy());
      PolicyProblem located =
          origin == null ? PolicyProblem.of("", "", problem) : origin.locate(problem);
      (problem.isError() ? errors : warnings).add(located);
    }
  }

  private void addNamed(String name, String json) {
    ParsedPolicies parsed = parse("", name, json.getBytes(StandardCharsets.UTF_8));
    boolean matches = parsed.policies().size() == 1 && parsed.policies().get(0).name().equals(name);
    if (matches) {
      policies.addAll(parsed.policies());
    } else if (!parsed.hasErrors()) {
      List<String> found = parsed.policies().stream().map(AccelerationPolicy::name).toList();
      errors.add(
          PolicyProblem.ofResource(
              name,
              "update.name",
              "expected one policy named %s, found %s".formatted(name, found)));
    }
  }

  private ParsedPolicies parse(String source, String resource, byte[] text) {
    ParsedPolicies parsed = PolicyParser.parse(text);
    for (Problem problem : parsed.problems()) {
      (problem.isError() ? errors : warnings).add(PolicyProblem.of(source, resource, problem));
    }
    return parsed;
  }

  private Result result(long revision) {
    var set = new PolicySet(policies);
    var documents = new TreeMap<String, String>();
    for (AccelerationPolicy policy : policies) {
      documents.put(policy.name(), new String(CanonicalJson.write(policy), StandardCharsets.UTF_8));
    }
    return new Result(
        set,
        new PolicySnapshot(revision, set.digest(), documents),
        List.copyOf(errors),
        List.copyOf(warnings));
  }
}
