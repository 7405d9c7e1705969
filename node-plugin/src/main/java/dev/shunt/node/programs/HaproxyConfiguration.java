package dev.shunt.node.programs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * HAProxy links splice(2) and uses it only where its configuration says {@code option splice-auto},
 * {@code splice-request} or {@code splice-response} (raw_sock_to_pipe() is reached through
 * PR_O2_SPLIC_* only).
 */
final class HaproxyConfiguration {
  private static final Pattern SPLICES =
      Pattern.compile("^\\s*option\\s+splice-", Pattern.MULTILINE);

  private HaproxyConfiguration() {}

  static SpliceUse spliceUse(ProcFolder process) {
    try {
      List<String> files = files(process.arguments());
      if (files.isEmpty()) {
        return SpliceUse.possible("is an HAProxy whose command line names no configuration (-f)");
      }
      for (String file : files) {
        for (Path part : parts(readable(process, file))) {
          if (SPLICES.matcher(Files.readString(part, StandardCharsets.ISO_8859_1)).find()) {
            return SpliceUse.possible("is an HAProxy with 'option splice-...' in " + file);
          }
        }
      }
      return SpliceUse.NEVER;
    } catch (IOException e) {
      return SpliceUse.possible(
          "is an HAProxy whose configuration cannot be read (%s)".formatted(e.getMessage()));
    }
  }

  private static List<String> files(List<String> arguments) {
    List<String> files = new ArrayList<>();
    boolean all = false;
    for (int i = 1; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (all || i > 1 && arguments.get(i - 1).equals("-f")) {
        files.add(argument);
      }
      all |= argument.equals("--");
    }
    return files;
  }

  /** A worker is in its chroot; its master, or the folder it started in, is not. */
  private static Path readable(ProcFolder process, String file) throws IOException {
    Path seen = process.resolve(file);
    if (Files.exists(seen)) {
      return seen;
    }
    ProcFolder parent = process.parent();
    if (Files.exists(parent.folder())
        && parent.executablePath().equals(process.executablePath())
        && Files.exists(parent.resolve(file))) {
      return parent.resolve(file);
    }
    Path ours = Path.of(file);
    Path own = Path.of("/proc/self/ns/mnt");
    if (ours.isAbsolute()
        && Files.readSymbolicLink(own)
            .equals(Files.readSymbolicLink(process.folder().resolve("ns/mnt")))) {
      return ours;
    }
    throw new IOException(file + " is not there");
  }

  private static List<Path> parts(Path file) throws IOException {
    if (!Files.isDirectory(file)) {
      return List.of(file);
    }
    try (Stream<Path> inside = Files.list(file)) {
      return inside.filter(Files::isRegularFile).toList();
    }
  }
}
