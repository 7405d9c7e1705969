package dev.shunt.control.policies;

import dev.shunt.control.revisions.SetRefusedException;
import dev.shunt.control.web.ApiProblem;
import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Problem;
import dev.shunt.policy.parse.ParsedPolicies;
import dev.shunt.policy.parse.PolicyParser;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

/**
 * The policies somebody sent, and where in the text they stand.
 *
 * @param seen whether its sender knows this text, so that lines and columns mean something
 */
record PolicyText(ParsedPolicies parsed, boolean seen) {

  /** For edits without a text. */
  static final PolicyText NONE =
      new PolicyText(new ParsedPolicies(List.of(), List.of(), List.of()), false);

  /** Reads YAML or JSON: both are one language to the parser. */
  static PolicyText read(HttpServletRequest request) throws IOException {
    // One byte more than allowed is enough for the parser to refuse it by size.
    byte[] utf8 = request.getInputStream().readNBytes(PolicyParser.MOST_STREAM_BYTES + 1);
    return of(utf8);
  }

  static PolicyText of(byte[] utf8) {
    return new PolicyText(PolicyParser.parse(utf8), true);
  }

  /** Reads a text that the server put together. */
  static PolicyText ofOurs(byte[] utf8) {
    return new PolicyText(PolicyParser.parse(utf8), false);
  }

  /** Every policy of a text without errors. */
  List<AccelerationPolicy> all() {
    if (parsed.hasErrors()) {
      throw ApiProblem.invalid(located(parsed.problems()));
    }
    return parsed.policies();
  }

  /** The policy of a text that must hold exactly one. */
  AccelerationPolicy one() {
    List<AccelerationPolicy> policies = all();
    if (policies.size() != 1) {
      throw ApiProblem.badRequest(
          "expected one policy, found "
              + policies.size()
              + "; apply several with PUT /api/v1/manifests");
    }
    return policies.get(0);
  }

  /** The policy of a text that must hold exactly the one of this name. */
  AccelerationPolicy one(String name) {
    AccelerationPolicy policy = one();
    if (!policy.name().equals(name)) {
      throw ApiProblem.badRequest(
          "expected metadata.name \""
              + name
              + "\" as in the path, found \""
              + policy.name()
              + "\"; to rename, create the new policy and delete the old one");
    }
    return policy;
  }

  /** Runs an edit; what the set's judge finds is shown at its place in this text. */
  <T> T located(Supplier<T> edit) {
    try {
      return edit.get();
    } catch (SetRefusedException refusal) {
      throw ApiProblem.invalid(located(refusal.problems()));
    }
  }

  List<Problem> located(List<Problem> problems) {
    return problems.stream()
        .map(problem -> seen ? parsed.located(problem) : problem.at(0, 0))
        .toList();
  }
}
