package dev.shunt.node.cli;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that every command has: which installation it is about. */
final class CommonOptions {

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "YAML file with the same keys as the options; also SHUNT_NODE_CONFIG.")
  @Nullable Path config;

  @Option(
      names = "--pin-dir",
      paramLabel = "DIR",
      description =
          "Folder of a bpf file system for programs and maps (default: /sys/fs/bpf/shunt).")
  @Nullable String pinDir;

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      description = "Keeps the last good policy and the credential (default: /var/lib/shunt-node).")
  @Nullable String stateDir;

  @Option(
      names = "--run-dir",
      paramLabel = "DIR",
      description = "Holds the agent's lock and socket (default: /run/shunt).")
  @Nullable String runDir;

  @Option(
      names = "--cgroup",
      paramLabel = "PATH",
      description =
          "cgroup v2 folder whose sockets are watched (default: what is installed, else the root).")
  @Nullable String cgroup;

  @Option(names = "--verbose", description = "Show stack traces and what the kernel logged.")
  boolean verbose;

  void addTo(Map<Setting, String> values) {
    put(values, Setting.PIN_DIR, pinDir);
    put(values, Setting.STATE_DIR, stateDir);
    put(values, Setting.RUN_DIR, runDir);
    put(values, Setting.CGROUP, cgroup);
  }

  /** For commands that have no other settings. */
  Settings settings(World world) {
    var options = new EnumMap<Setting, String>(Setting.class);
    addTo(options);
    return settings(world, options);
  }

  Settings settings(World world, Map<Setting, String> options) {
    try {
      return Settings.of(
          SettingSources.merge(options, world.environment(), config), HostName.read());
    } catch (IllegalArgumentException e) {
      throw CommandFailure.invalid(String.valueOf(e.getMessage()));
    }
  }

  static void put(Map<Setting, String> values, Setting setting, @Nullable String value) {
    if (value != null) {
      values.put(setting, value);
    }
  }
}
