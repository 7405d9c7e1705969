package dev.shunt.control.policies;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The shape of a policy in JSON; its meaning is the policy module's. */
final class PolicyDocument {

  private PolicyDocument() {}

  @Schema(name = "PolicySpec")
  record Spec(
      int priority,
      @Schema(allowableValues = {"Accelerate", "Bypass"}) String action,
      @Schema(allowableValues = {"Enforce", "Observe"}) String mode,
      NodeSelector nodes,
      Match match,
      @Schema(allowableValues = {"Settled", "Handshake"}) String enrolment,
      @Schema(allowableValues = {"Exclude", "Accept"}) String blockingSockets,
      Limits limits,
      List<Test> tests) {}

  record NodeSelector(Map<String, String> matchLabels, List<LabelRequirement> matchExpressions) {}

  /**
   * @param values null for Exists and DoesNotExist
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record LabelRequirement(
      String key,
      @Schema(allowableValues = {"In", "NotIn", "Exists", "DoesNotExist"}) String operator,
      @Nullable List<String> values) {}

  /** A dimension that is null matches anything. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @Schema(name = "PolicyMatch")
  record Match(
      @Nullable List<String> ports,
      @Nullable List<String> cgroups,
      @Nullable List<String> clients,
      @Nullable List<String> servers) {}

  @Schema(name = "PolicyLimits")
  record Limits(String backlogBytes, int backlogMessages) {}

  @Schema(name = "PolicyTest")
  record Test(
      String client,
      String server,
      int port,
      String cgroup,
      @Schema(allowableValues = {"Accelerate", "Bypass", "NoMatch"}) String expect) {}
}
