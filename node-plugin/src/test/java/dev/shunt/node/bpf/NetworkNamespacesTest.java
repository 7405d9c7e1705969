package dev.shunt.node.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NetworkNamespacesTest {
  private static final Path OWN = Path.of("/proc/self/ns/net");

  @TempDir Path proc;
  @TempDir Path named;

  @Test
  void aNameLeadsToItsNamespace() throws IOException {
    Files.createSymbolicLink(named.resolve("web"), OWN);

    assertThat(NetworkNamespaces.in(proc, named)).containsOnlyKeys(NetworkNamespaces.own().inode());
  }

  @Test
  void aNameThatNoNamespaceIsMountedOnYetIsPassedOver() throws IOException {
    Files.createFile(named.resolve("in-the-making"));

    assertThat(NetworkNamespaces.in(proc, named)).isEmpty();
  }
}
