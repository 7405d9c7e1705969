package dev.shunt.node.cli;

import dev.shunt.node.agent.RunFolder;
import dev.shunt.node.datapath.DatapathOptions;
import dev.shunt.node.programs.SpliceJudge;
import dev.shunt.node.sync.ControlPlaneEndpoint;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of the node plugin.
 *
 * @param controlPlane null when none was given
 * @param joinToken exchanged once for a credential; null when the node has one, or the file is used
 * @param joinTokenFile read each time a join is tried
 * @param stateDir keeps the last good policy and the credential
 * @param cgroup sockets below it are watched; null for what is installed, or the cgroup2 root
 * @param metricsPort 0 for none
 * @param uninstallOnStop whether an agent that is told to stop takes the datapath with it
 * @param trustedPrograms patterns of file names of programs that never splice a connection, though
 *     they could
 * @param cpuPercent of one CPU: what tending connections may take on average
 */
record Settings(
    @Nullable ControlPlaneEndpoint controlPlane,
    String nodeId,
    Map<String, String> labels,
    @Nullable String joinToken,
    @Nullable Path joinTokenFile,
    Path stateDir,
    @Nullable Path cgroup,
    Path pinDir,
    Path runDir,
    int metricsPort,
    boolean uninstallOnStop,
    List<String> trustedPrograms,
    int cpuPercent) {

  static final Path DEFAULT_STATE_DIR = Path.of("/var/lib/shunt-node");
  static final int DEFAULT_METRICS_PORT = 9465;
  static final int DEFAULT_CPU_PERCENT = 1;

  Settings {
    labels = Map.copyOf(labels);
    trustedPrograms = List.copyOf(trustedPrograms);
    if (metricsPort < 0 || metricsPort > 65_535) {
      throw new IllegalArgumentException(
          "metrics-port must be 0 (none) to 65535, found " + metricsPort);
    }
    if (cpuPercent < 1 || cpuPercent > 100) {
      throw new IllegalArgumentException("cpu-percent must be 1 to 100, found " + cpuPercent);
    }
    if (joinToken != null && joinTokenFile != null) {
      throw new IllegalArgumentException(
          "join-token and join-token-file exclude each other, found both; remove one");
    }
  }

  RunFolder runFolder() {
    return new RunFolder(runDir, pinDir);
  }

  /**
   * Gives every value its type.
   *
   * @throws IllegalArgumentException with a sentence that names the key
   */
  static Settings of(Map<Setting, String> values, String hostname) {
    String nodeId = values.getOrDefault(Setting.NODE_ID, hostname);
    return new Settings(
        controlPlane(values),
        nodeId,
        labels(values.getOrDefault(Setting.LABELS, "")),
        values.get(Setting.JOIN_TOKEN),
        path(values, Setting.JOIN_TOKEN_FILE),
        path(values, Setting.STATE_DIR, DEFAULT_STATE_DIR),
        path(values, Setting.CGROUP),
        path(values, Setting.PIN_DIR, DatapathOptions.DEFAULT_PIN_FOLDER),
        path(values, Setting.RUN_DIR, RunFolder.DEFAULT),
        number(values, Setting.METRICS_PORT, DEFAULT_METRICS_PORT),
        flag(values, Setting.UNINSTALL_ON_STOP),
        trustedPrograms(values),
        number(values, Setting.CPU_PERCENT, DEFAULT_CPU_PERCENT));
  }

  private static List<String> trustedPrograms(Map<Setting, String> values) {
    String text = values.get(Setting.TRUSTED_PROGRAMS);
    if (text == null) {
      return SpliceJudge.DEFAULT_TRUSTED;
    }
    List<String> patterns =
        Arrays.stream(text.split(",")).map(String::strip).filter(name -> !name.isEmpty()).toList();
    for (String pattern : patterns) {
      if (pattern.contains("/")) {
        throw new IllegalArgumentException(
            "trusted-programs must be file names such as python3*, without a path, found \""
                + pattern
                + "\"");
      }
    }
    return patterns;
  }

  private static @Nullable ControlPlaneEndpoint controlPlane(Map<Setting, String> values) {
    boolean plaintext = flag(values, Setting.PLAINTEXT);
    Path caFile = path(values, Setting.CA_FILE);
    String address = values.get(Setting.CONTROL_PLANE);
    if (address == null) {
      return null;
    }
    int colon = address.lastIndexOf(':');
    String host = colon < 0 ? address : address.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    if (colon <= 0 || (host.contains(":") && !bracketed)) {
      throw new IllegalArgumentException(
          "control-plane must be host:port or [address]:port, found \"" + address + "\"");
    }
    int port = number(Setting.CONTROL_PLANE, "a port number", address.substring(colon + 1));
    String bare = bracketed ? host.substring(1, host.length() - 1) : host;
    return new ControlPlaneEndpoint(bare, port, caFile, plaintext);
  }

  private static Map<String, String> labels(String text) {
    var labels = new LinkedHashMap<String, String>();
    for (String pair : text.split(",")) {
      if (pair.isBlank()) {
        continue;
      }
      int equals = pair.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException("a label must be key=value, found \"" + pair + "\"");
      }
      String key = pair.substring(0, equals).strip();
      if (labels.put(key, pair.substring(equals + 1).strip()) != null) {
        throw new IllegalArgumentException("label " + key + " is given twice");
      }
    }
    return labels;
  }

  private static Path path(Map<Setting, String> values, Setting setting, Path absent) {
    Path path = path(values, setting);
    return path == null ? absent : path;
  }

  private static @Nullable Path path(Map<Setting, String> values, Setting setting) {
    String text = values.get(setting);
    if (text == null) {
      return null;
    }
    if (text.isBlank()) {
      throw new IllegalArgumentException(setting.key() + " must be a path, found nothing");
    }
    return Path.of(text).toAbsolutePath().normalize();
  }

  private static int number(Map<Setting, String> values, Setting setting, int absent) {
    String text = values.get(setting);
    return text == null ? absent : number(setting, "a number", text);
  }

  private static boolean flag(Map<Setting, String> values, Setting setting) {
    String text = values.getOrDefault(setting, "false");
    if (!text.equals("true") && !text.equals("false")) {
      throw new IllegalArgumentException(
          setting.key() + " must be true or false, found \"" + text + "\"");
    }
    return text.equals("true");
  }

  private static int number(Setting setting, String what, String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          setting.key() + " must have " + what + ", found \"" + text + "\"", e);
    }
  }
}
