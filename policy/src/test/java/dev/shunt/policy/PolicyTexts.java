package dev.shunt.policy;

import dev.shunt.policy.parse.ParsedPolicies;
import dev.shunt.policy.parse.PolicyParser;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/** Short ways to policies for tests. */
public final class PolicyTexts {

  private PolicyTexts() {}

  public static ParsedPolicies parse(String text) {
    return PolicyParser.parse(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * A document with this name and spec; the spec is in YAML's flow style, such as {@code {priority:
   * 1}}.
   */
  public static String document(String name, String spec) {
    return """
        apiVersion: shunt.dev/v1alpha1
        kind: AccelerationPolicy
        metadata: {name: %s}
        spec: %s
        """
        .formatted(name, spec);
  }

  /** A valid policy with this name and spec. */
  public static AccelerationPolicy policy(String name, String spec) {
    ParsedPolicies parsed = parse(document(name, spec));
    if (!parsed.problems().isEmpty()) {
      throw new IllegalArgumentException("expected a valid policy, found " + parsed.problems());
    }
    return parsed.policies().get(0);
  }

  /** Valid policies, each with its spec, named p0, p1 and so on. */
  public static List<AccelerationPolicy> policies(String... specs) {
    return IntStream.range(0, specs.length).mapToObj(i -> policy("p" + i, specs[i])).toList();
  }
}
