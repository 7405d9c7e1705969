package dev.shunt.node.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Where settings come from; the command line wins over the environment, which wins over the file. A
 * key nobody knows is an error: a misspelt setting must not be a silently ignored one.
 */
final class SettingSources {

  static final String CONFIG_VARIABLE = "SHUNT_NODE_CONFIG";

  /**
   * Kubernetes adds these, and {@code …_PORT=tcp://…}, for services whose name begins with
   * shunt-node.
   */
  private static final Pattern SERVICE_VARIABLE =
      Pattern.compile("SHUNT_NODE_(.*_)?(SERVICE_(HOST|PORT(_.*)?)|PORT_\\d+_(TCP|UDP)(_.*)?)");

  private SettingSources() {}

  /**
   * Merges all three.
   *
   * @throws CommandFailure when a source cannot be read or has an unknown key
   */
  static Map<Setting, String> merge(
      Map<Setting, String> options, Map<String, String> environment, @Nullable Path file) {
    String variable = environment.get(CONFIG_VARIABLE);
    Path effective = file == null && variable != null ? Path.of(variable) : file;
    var merged = new EnumMap<Setting, String>(Setting.class);
    if (effective != null) {
      merged.putAll(fromFile(effective));
    }
    merged.putAll(fromEnvironment(environment));
    merged.putAll(options);
    return merged;
  }

  private static Map<Setting, String> fromEnvironment(Map<String, String> environment) {
    var values = new EnumMap<Setting, String>(Setting.class);
    for (String name : new TreeSet<>(environment.keySet())) {
      if (!name.startsWith(Setting.ENVIRONMENT_PREFIX) || name.equals(CONFIG_VARIABLE)) {
        continue;
      }
      String value = environment.getOrDefault(name, "");
      if (isOfAService(name, value)) {
        continue;
      }
      Setting setting = Setting.ofVariable(name);
      if (setting != null) {
        values.put(setting, value);
      } else {
        throw CommandFailure.invalid(
            "unknown variable %s in the environment; known are %s"
                .formatted(name, known(Setting::variable)));
      }
    }
    return values;
  }

  private static boolean isOfAService(String name, String value) {
    return SERVICE_VARIABLE.matcher(name).matches()
        || name.endsWith("_PORT") && value.matches("(tcp|udp)://.*");
  }

  private static Map<Setting, String> fromFile(Path file) {
    Object document;
    try {
      var settings = LoadSettings.builder().setLabel(file.toString()).build();
      document = new Load(settings).loadFromString(Files.readString(file));
    } catch (IOException e) {
      throw CommandFailure.failed("cannot read the configuration file " + file + ": " + e, e);
    } catch (YamlEngineException e) {
      throw CommandFailure.invalid("the configuration file is not valid YAML: " + e.getMessage());
    }
    var values = new EnumMap<Setting, String>(Setting.class);
    if (document == null) {
      return values;
    }
    if (!(document instanceof Map<?, ?> members)) {
      throw CommandFailure.invalid(
          "expected \"key: value\" lines in " + file + ", found something else");
    }
    members.forEach((key, value) -> add(values, file, String.valueOf(key), value));
    return values;
  }

  private static void add(
      Map<Setting, String> values, Path file, String key, @Nullable Object value) {
    Setting setting = Setting.ofKey(key);
    if (setting == null) {
      throw CommandFailure.invalid(
          "unknown key %s in %s; known are %s".formatted(key, file, known(Setting::key)));
    }
    if (value instanceof Map<?, ?> labels && setting == Setting.LABELS) {
      values.put(
          setting,
          labels.entrySet().stream()
              .map(label -> label.getKey() + "=" + label.getValue())
              .collect(Collectors.joining(",")));
    } else if (value instanceof String || value instanceof Integer || value instanceof Boolean) {
      values.put(setting, value.toString());
    } else {
      throw CommandFailure.invalid(
          "expected one value for %s in %s, found %s".formatted(key, file, value));
    }
  }

  private static String known(Function<Setting, String> name) {
    return Arrays.stream(Setting.values()).map(name).collect(Collectors.joining(", "));
  }
}
