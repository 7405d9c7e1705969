package dev.shunt.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CredentialStoreTest {

  @TempDir Path folder;

  @Test
  void keepsTheCredentialForTheOwnerOnly() throws IOException {
    var store = new CredentialStore(folder);

    store.save("secret");

    assertThat(store.load()).isEqualTo("secret");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(store.path())))
        .isEqualTo("rw-------");
  }

  @Test
  void doesNotInheritThePermissionsOfALeftover() throws IOException {
    Path leftover = folder.resolve(CredentialStore.FILE_NAME + ".new");
    Files.writeString(leftover, "old");
    Files.setPosixFilePermissions(leftover, PosixFilePermissions.fromString("rw-rw-rw-"));
    var store = new CredentialStore(folder);

    store.save("secret");

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(store.path())))
        .isEqualTo("rw-------");
  }

  @Test
  void hasNoneBeforeTheFirstJoin() throws IOException {
    assertThat(new CredentialStore(folder).load()).isNull();
  }

  @Test
  void refusesABlankOne() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CredentialStore(folder).save(" "))
        .withMessageContaining("must not be blank");
  }
}
