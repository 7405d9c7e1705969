package dev.shunt.node.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KernelReleaseTest {

  @ParameterizedTest
  @ValueSource(
      strings = {"6.18.44-fc-v595", "6.12.8", "6.12.115-cloud-amd64", "6.6.69", "6.13", "7.3.4"})
  void acceptsKernelsWhoseBacklogCanBeRead(String release) {
    assertThat(parse(release).backlogIsReadable()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.2.0", "6.6.68", "6.8.0-60-generic", "6.11.11", "6.12.7"})
  void doesNotKnowOfTheOthers(String release) {
    assertThat(parse(release).backlogIsReadable()).isFalse();
    assertThat(parse(release).isTooOld()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"5.10.262", "5.15.200", "6.1.192", "6.1.0-57-amd64"})
  void knowsOnesThatAreTooOld(String release) {
    assertThat(parse(release).isTooOld()).isTrue();
  }

  @Test
  void recommendsANewerOneOfTheSameSeries() {
    assertThat(String.valueOf(parse("6.12.50").recommended())).isEqualTo("6.12.115");
    assertThat(parse("6.12.115").recommended()).isNull();
    assertThat(parse("6.18.1").recommended()).isNull();
  }

  @Test
  void doesNotGuessAtGarbage() {
    assertThat(KernelRelease.parse("unknown")).isNull();
    assertThat(KernelRelease.parse("")).isNull();
  }

  private static KernelRelease parse(String text) {
    return Objects.requireNonNull(KernelRelease.parse(text));
  }
}
