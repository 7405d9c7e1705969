package dev.shunt.control.policies;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The shape of a policy in JSON; its meaning is the policy module's. */
final class PolicyDocument {

  private PolicyDocument() {}

  record Spec(
      int priority,
      String action,
      String mode,
      NodeSelector nodes,
      Match match,
      String enrolment,
      String blockingSockets,
      Limits limits,
      List<Test> tests) {}

  record NodeSelector(Map<String, String> matchLabels, List<LabelRequirement> matchExpressions) {}

  /**
   * @param values null for Exists and DoesNotExist
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record LabelRequirement(String key, String operator, @Nullable List<String> values) {}

  /** A dimension that is null matches anything. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Match(
      @Nullable List<String> ports,
      @Nullable List<String> cgroups,
      @Nullable List<String> clients,
      @Nullable List<String> servers) {}

  record Limits(String backlogBytes, int backlogMessages) {}

  record Test(String client, String server, int port, String cgroup, String expect) {}
}
