package dev.shunt.node.bpf;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Finds out by making a map, which needs everything the tests need: libbpf, bpf(2) and the right to
 * use it.
 */
final class BpfKernelCondition implements ExecutionCondition {
  private static final String PROBLEM = problem();

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    if (PROBLEM.isEmpty()) {
      return ConditionEvaluationResult.enabled("this kernel takes BPF maps");
    }
    if ("true".equals(System.getenv("CI"))) {
      throw new IllegalStateException(
          "CI=true forbids to skip the tests on the kernel: " + PROBLEM);
    }
    return ConditionEvaluationResult.disabled(PROBLEM);
  }

  private static String problem() {
    try {
      new KernelBpf().create(new MapSpec(MapType.ARRAY, "shunt_probe", 4, 4, 1, 0)).close();
      return MountTable.read().cgroup2() == null ? "no cgroup v2 hierarchy is mounted" : "";
    } catch (BpfException | LibbpfMissingException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
