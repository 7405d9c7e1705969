package dev.shunt.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** bin/shunt-node, as a user starts it. */
class LauncherTest {

  private static final Path LAUNCHER = Path.of("../bin/shunt-node").toAbsolutePath().normalize();

  @TempDir Path folder;

  @Test
  void saysWhatToBuildWhenTheJarIsMissing() throws Exception {
    Path bin = Files.createDirectory(folder.resolve("bin"));
    Path copy = Files.copy(LAUNCHER, bin.resolve("shunt-node"));
    copy.toFile().setExecutable(true);

    Result result = run(copy, Map.of());

    assertThat(result.code()).isEqualTo(1);
    assertThat(result.output())
        .contains("make build")
        .contains("node-plugin/target/shunt-node.jar");
  }

  @Test
  void refusesAnOldJavaWithASentence() throws Exception {
    Path java = Files.createDirectories(folder.resolve("jdk/bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\nexit 9\n");
    java.toFile().setExecutable(true);
    Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"11.0.2\"\n");
    Path jar = Files.createFile(folder.resolve("shunt-node.jar"));

    Result result =
        run(
            LAUNCHER,
            Map.of("JAVA_HOME", folder.resolve("jdk").toString(), "SHUNT_JAR", jar.toString()));

    assertThat(result.code()).isEqualTo(1);
    assertThat(result.output()).contains("expected Java 17 or newer, found 11");
  }

  @Test
  void worksThroughASymbolicLink() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("shunt-node"), LAUNCHER);
    Path java = Files.createDirectories(folder.resolve("jdk/bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\necho \"$@\"\n");
    java.toFile().setExecutable(true);
    Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"17.0.2\"\n");
    Path jar = Files.createFile(folder.resolve("shunt-node.jar"));

    Result result =
        run(
            link,
            Map.of("JAVA_HOME", folder.resolve("jdk").toString(), "SHUNT_JAR", jar.toString()),
            "status",
            "--json");

    assertThat(result.code()).isZero();
    assertThat(result.output()).contains("-jar " + jar + " status --json");
  }

  private record Result(int code, String output) {}

  private static Result run(Path launcher, Map<String, String> environment, String... arguments)
      throws Exception {
    var builder = new ProcessBuilder(launcher.toString()).redirectErrorStream(true);
    builder.command().addAll(List.of(arguments));
    builder.environment().remove("SHUNT_JAR");
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return new Result(process.exitValue(), output);
  }
}
