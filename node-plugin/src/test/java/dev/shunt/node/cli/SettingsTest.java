package dev.shunt.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shunt.node.sync.ControlPlaneEndpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {

  @TempDir Path folder;

  @Test
  void theDefaultsAreFixed() {
    Settings settings = Settings.of(Map.of(), "host-1");

    assertThat(settings)
        .isEqualTo(
            new Settings(
                null,
                "host-1",
                Map.of(),
                null,
                null,
                Path.of("/var/lib/shunt-node"),
                null,
                Path.of("/sys/fs/bpf/shunt"),
                Path.of("/run/shunt"),
                9465,
                false,
                List.of("python3*"),
                1));
  }

  @Test
  void trustedProgramsAreFileNames() {
    assertThat(
            Settings.of(Map.of(Setting.TRUSTED_PROGRAMS, "gateway, python3*"), "host-1")
                .trustedPrograms())
        .containsExactly("gateway", "python3*");
    assertThat(Settings.of(Map.of(Setting.TRUSTED_PROGRAMS, ""), "host-1").trustedPrograms())
        .isEmpty();
    assertThatThrownBy(
            () -> Settings.of(Map.of(Setting.TRUSTED_PROGRAMS, "/usr/bin/gateway"), "host-1"))
        .hasMessageContaining("file names such as python3*");
  }

  @Test
  void theShareOfACpuIsAPercentage() {
    assertThat(Settings.of(Map.of(Setting.CPU_PERCENT, "25"), "host-1").cpuPercent()).isEqualTo(25);
    assertThatThrownBy(() -> Settings.of(Map.of(Setting.CPU_PERCENT, "0"), "host-1"))
        .hasMessage("cpu-percent must be 1 to 100, found 0");
    assertThatThrownBy(() -> Settings.of(Map.of(Setting.CPU_PERCENT, "much"), "host-1"))
        .hasMessage("cpu-percent must have a number, found \"much\"");
  }

  @Test
  void theKeysAreFixed() {
    assertThat(Arrays.stream(Setting.values()).map(Setting::key))
        .containsExactly(
            "control-plane",
            "node-id",
            "labels",
            "join-token",
            "join-token-file",
            "state-dir",
            "cgroup",
            "pin-dir",
            "run-dir",
            "metrics-port",
            "trusted-programs",
            "cpu-percent",
            "plaintext",
            "ca-file",
            "uninstall-on-stop");
    assertThat(Setting.CONTROL_PLANE.variable()).isEqualTo("SHUNT_NODE_CONTROL_PLANE");
    assertThat(Setting.NODE_ID.variable()).isEqualTo("SHUNT_NODE_ID");
  }

  @Test
  void theCommandLineWinsOverTheEnvironmentAndThatOverTheFile() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("node.yaml"),
            "node-id: file\n"
                + "metrics-port: 1\n"
                + "control-plane: file:1\n"
                + "labels: {pool: edge}\n"
                + "plaintext: true\n");

    Map<Setting, String> merged =
        SettingSources.merge(
            Map.of(Setting.NODE_ID, "option"),
            Map.of("SHUNT_NODE_ID", "variable", "SHUNT_NODE_METRICS_PORT", "2", "OTHER", "x"),
            file);
    Settings settings = Settings.of(merged, "host");

    assertThat(settings.nodeId()).isEqualTo("option");
    assertThat(settings.metricsPort()).isEqualTo(2);
    assertThat(settings.labels()).isEqualTo(Map.of("pool", "edge"));
    assertThat(settings.controlPlane()).isEqualTo(new ControlPlaneEndpoint("file", 1, null, true));
  }

  @Test
  void anUnknownKeyFailsAndTheKnownOnesAreListed() throws IOException {
    Path file = Files.writeString(folder.resolve("node.yaml"), "metric-port: 1\n");

    assertThatThrownBy(() -> SettingSources.merge(Map.of(), Map.of(), file))
        .hasMessageStartingWith("unknown key metric-port in " + file)
        .hasMessageContaining("metrics-port");
    assertThatThrownBy(
            () -> SettingSources.merge(Map.of(), Map.of("SHUNT_NODE_METRIC_PORT", "1"), null))
        .hasMessageStartingWith("unknown variable SHUNT_NODE_METRIC_PORT");
  }

  @Test
  void whatKubernetesAddsForAServiceIsNoSetting() {
    var variables =
        Map.of(
            "SHUNT_NODE_SERVICE_HOST", "10.0.0.1",
            "SHUNT_NODE_SERVICE_PORT_METRICS", "9465",
            "SHUNT_NODE_PORT", "tcp://10.0.0.1:9465",
            "SHUNT_NODE_METRICS_PORT", "tcp://10.0.0.1:9465",
            "SHUNT_NODE_PORT_9465_TCP_ADDR", "10.0.0.1");

    assertThat(SettingSources.merge(Map.of(), variables, null)).isEmpty();
  }

  @Test
  void aBrokenFileIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("node.yaml"), "a: b: c\n");

    assertThatThrownBy(() -> SettingSources.merge(Map.of(), Map.of(), file))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("not valid YAML")
        .hasMessageContaining(file.toString());
  }

  @Test
  void addressesMayBeNamesAndBothFamilies() {
    assertThat(endpoint("control.example:9443").toString()).isEqualTo("control.example:9443");
    assertThat(endpoint("[::1]:9443").toString()).isEqualTo("[::1]:9443");
    for (String wrong : new String[] {"host", ":1", "::1:9443", "host:port", "host:0"}) {
      assertThatIllegalArgumentException().as(wrong).isThrownBy(() -> endpoint(wrong));
    }
  }

  @Test
  void contradictionsAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                Settings.of(Map.of(Setting.JOIN_TOKEN, "a", Setting.JOIN_TOKEN_FILE, "b"), "host"))
        .withMessageContaining("exclude each other");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                Settings.of(
                    Map.of(
                        Setting.CONTROL_PLANE, "a:1",
                        Setting.PLAINTEXT, "true",
                        Setting.CA_FILE, "x"),
                    "host"))
        .withMessageContaining("exclude each other");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Settings.of(Map.of(Setting.LABELS, "pool"), "host"))
        .withMessage("a label must be key=value, found \"pool\"");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Settings.of(Map.of(Setting.METRICS_PORT, "70000"), "host"))
        .withMessageContaining("0 (none) to 65535");
  }

  private static ControlPlaneEndpoint endpoint(String text) {
    ControlPlaneEndpoint endpoint =
        Settings.of(Map.of(Setting.CONTROL_PLANE, text), "host").controlPlane();
    if (endpoint == null) {
      throw new AssertionError("expected an endpoint");
    }
    return endpoint;
  }
}
