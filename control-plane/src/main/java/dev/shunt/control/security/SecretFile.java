package dev.shunt.control.security;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Supplier;

/** A secret in a file that only its owner can read. */
final class SecretFile {

  private SecretFile() {}

  /**
   * The secret in a file; a missing or empty file gets a new one.
   *
   * @throws IllegalStateException naming the key, when the file cannot be used
   */
  static String readOrWrite(String key, Path file, Supplier<String> create) {
    try {
      String content = Files.exists(file) ? Files.readString(file).strip() : "";
      if (!content.isEmpty()) {
        return content;
      }
      String secret = create.get();
      write(file.toAbsolutePath(), secret);
      return secret;
    } catch (IOException | UncheckedIOException e) {
      throw new IllegalStateException(
          "expected " + key + " to name a file this user can read and write, found " + e, e);
    }
  }

  /** The secret in a file that must be there. */
  static String read(String key, Path file) {
    try {
      String content = Files.readString(file).strip();
      if (content.isEmpty()) {
        throw new IllegalStateException(
            "expected " + key + " to name a file with a secret, found an empty file: " + file);
      }
      return content;
    } catch (IOException e) {
      throw new IllegalStateException(
          "expected " + key + " to name a file this user can read, found " + e, e);
    }
  }

  /** Through a second file, so that a script that waits for the file never reads half of it. */
  private static void write(Path file, String secret) throws IOException {
    Path folder = file.getParent();
    if (folder == null) {
      throw new IOException("no folder: " + file);
    }
    Files.createDirectories(folder);
    Path temporary =
        Files.createTempFile(
            folder,
            ".shunt",
            ".tmp",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Files.writeString(temporary, secret + "\n", StandardCharsets.UTF_8);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
