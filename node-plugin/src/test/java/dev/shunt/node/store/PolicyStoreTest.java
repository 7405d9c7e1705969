package dev.shunt.node.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.store.PolicyStore.Loaded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyStoreTest {

  private static final PolicySnapshot SNAPSHOT =
      PolicySnapshot.of(7, "ab".repeat(32), Map.of("web", "{\"a\":\"ü\\n\"}", "api", "{}"));

  @TempDir Path folder;

  @Test
  void givesBackWhatItSaved() throws IOException {
    store().save(SNAPSHOT);

    assertThat(store().load()).isEqualTo(new Loaded.LastGood(SNAPSHOT));
  }

  @Test
  void holdsNothingAtFirst() {
    assertThat(store().load()).isEqualTo(new Loaded.Nothing());
  }

  @Test
  void makesItsFolderForTheOwnerOnly() throws IOException {
    Path state = folder.resolve("state");

    new PolicyStore(state).save(SNAPSHOT);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(state)))
        .isEqualTo("rwx------");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(state.resolve(PolicyStore.FILE_NAME))))
        .isEqualTo("rw-------");
  }

  @Test
  void survivesADeathWhileTheNextSetWasWritten() throws IOException {
    store().save(SNAPSHOT);
    Files.writeString(folder.resolve(PolicyStore.FILE_NAME + ".new"), "{\"format\":1,\"rev");

    assertThat(store().load()).isEqualTo(new Loaded.LastGood(SNAPSHOT));
    store().save(SNAPSHOT);
    assertThat(store().load()).isEqualTo(new Loaded.LastGood(SNAPSHOT));
  }

  @Test
  void setsADamagedFileAsideWithASentence() throws IOException {
    store().save(SNAPSHOT);
    Path file = folder.resolve(PolicyStore.FILE_NAME);
    Files.writeString(file, Files.readString(file).replace("\"revision\":7", "\"revision\":8"));

    Loaded loaded = store().load();

    assertThat(loaded).isInstanceOf(Loaded.Corrupted.class);
    assertThat(((Loaded.Corrupted) loaded).sentence())
        .contains("expected checksum")
        .contains("kept as " + file + ".damaged");
    assertThat(store().load()).as("not loaded again").isEqualTo(new Loaded.Nothing());
  }

  @Test
  void treatsATruncatedAnEmptyAndAForeignFileAlike() throws IOException {
    store().save(SNAPSHOT);
    Path file = folder.resolve(PolicyStore.FILE_NAME);
    String whole = Files.readString(file);
    for (String content :
        new String[] {
          whole.substring(0, whole.length() / 2), "", "hello", "[]", "{}", whole + whole
        }) {
      Files.writeString(file, content);
      assertThat(store().load()).as("for <%s>", content).isInstanceOf(Loaded.Corrupted.class);
    }
  }

  @Test
  void refusesAFormatOfAnotherVersion() throws IOException {
    store().save(SNAPSHOT);
    Path file = folder.resolve(PolicyStore.FILE_NAME);
    Files.writeString(file, Files.readString(file).replace("\"format\":1", "\"format\":2"));

    Loaded loaded = store().load();

    assertThat(((Loaded.Corrupted) loaded).sentence()).contains("expected format 1, found 2");
  }

  @Test
  void deletesOnceAndSaysWhetherThereWasSomething() throws IOException {
    store().save(SNAPSHOT);

    assertThat(store().delete()).isTrue();
    assertThat(store().delete()).isFalse();
  }

  private PolicyStore store() {
    return new PolicyStore(folder);
  }
}
