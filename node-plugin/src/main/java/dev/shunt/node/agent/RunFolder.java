package dev.shunt.node.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.zip.CRC32;

/**
 * Where an agent leaves its lock and its socket. Their names come from the pin folder, because that
 * is what two agents must not share.
 */
public record RunFolder(Path folder, Path pinFolder) {

  public static final Path DEFAULT = Path.of("/run/shunt");

  /** Kernel limit of a socket's path is 107 bytes; a short name leaves room for the folder. */
  private static final int LONGEST_NAME = 40;

  public RunFolder {
    pinFolder = pinFolder.toAbsolutePath().normalize();
  }

  public Path lock() {
    return folder.resolve(name() + ".lock");
  }

  public Path socket() {
    return folder.resolve(name() + ".sock");
  }

  void create() throws IOException {
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
  }

  private String name() {
    String path = pinFolder.toString();
    String readable = path.substring(1).replaceAll("[^A-Za-z0-9.]+", "-");
    if (readable.length() <= LONGEST_NAME) {
      return readable;
    }
    var crc = new CRC32();
    crc.update(path.getBytes(StandardCharsets.UTF_8));
    String tail = readable.substring(readable.length() - LONGEST_NAME + 9);
    return String.format(Locale.ROOT, "%08x-%s", crc.getValue(), tail);
  }
}
