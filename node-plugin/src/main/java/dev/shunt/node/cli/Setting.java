package dev.shunt.node.cli;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Every key of the configuration: an option, a variable of the environment and a key of the file,
 * by one name.
 */
enum Setting {
  CONTROL_PLANE,
  NODE_ID,
  LABELS,
  JOIN_TOKEN,
  JOIN_TOKEN_FILE,
  STATE_DIR,
  CGROUP,
  PIN_DIR,
  RUN_DIR,
  METRICS_PORT,
  TRUSTED_PROGRAMS,
  CPU_PERCENT,
  PLAINTEXT,
  CA_FILE,
  UNINSTALL_ON_STOP;

  static final String ENVIRONMENT_PREFIX = "SHUNT_NODE_";

  /** In the configuration file; the option is the same with two dashes (but {@code --label}). */
  String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  String variable() {
    return this == NODE_ID ? "SHUNT_NODE_ID" : ENVIRONMENT_PREFIX + name();
  }

  static @Nullable Setting ofKey(String key) {
    return Arrays.stream(values()).filter(s -> s.key().equals(key)).findFirst().orElse(null);
  }

  static @Nullable Setting ofVariable(String variable) {
    return Arrays.stream(values())
        .filter(s -> s.variable().equals(variable))
        .findFirst()
        .orElse(null);
  }
}
