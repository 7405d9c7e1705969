package dev.shunt.node.bpf;

import dev.shunt.node.check.HostCheck;
import java.util.List;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Finds out by asking whether Shunt runs on this kernel at all, and by making a map, which needs
 * everything else the tests need: libbpf, bpf(2) and the right to use it.
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
    List<String> refusals = HostCheck.kernelRefusals();
    if (!refusals.isEmpty()) {
      return String.join("; ", refusals);
    }
    try {
      new KernelBpf().create(new MapSpec(MapType.ARRAY, "shunt_probe", 4, 4, 1, 0)).close();
      return MountTable.read().cgroup2() == null ? "no cgroup v2 hierarchy is mounted" : "";
    } catch (BpfException | LibbpfMissingException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
