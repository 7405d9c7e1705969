package dev.shunt.node.programs;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a process could call splice(2): when its executable or a library takes {@code
 * splice} from libc, when it is linked statically or by Go, so that nothing can be seen, and not
 * when its owner vouches for it. One thread.
 */
public final class SpliceJudge {
  /**
   * Interpreters that link splice for a function that scripts hardly ever use: Python's os.splice.
   */
  public static final List<String> DEFAULT_TRUSTED = List.of("python3*");

  private static final int REMEMBERED = 4096;

  private final List<PathMatcher> trusted;

  /** By device, inode and time of change: files are read once, not once for each process. */
  private final Map<String, ElfFile> known =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, ElfFile> eldest) {
          return size() > REMEMBERED;
        }
      };

  /**
   * @param trusted patterns of file names of executables whose owner says that they never read a
   *     connection with splice(2), such as {@code python3*}
   */
  public SpliceJudge(List<String> trusted) {
    this.trusted =
        trusted.stream()
            .map(pattern -> FileSystems.getDefault().getPathMatcher("glob:" + pattern))
            .toList();
  }

  /**
   * The judgement and the path of the executable, as the process sees it; null when the process is
   * gone.
   */
  public @Nullable Judgement judge(int process, long startedNanos) {
    ProcFolder folder = ProcFolder.of(process);
    try {
      if (!folder.startedAt(startedNanos)) {
        return null;
      }
      String executable = folder.executablePath();
      SpliceUse use = judge(folder, executable);
      return folder.startedAt(startedNanos) ? new Judgement(executable, use) : null;
    } catch (IOException e) {
      return null;
    }
  }

  /**
   * @param executable path of the file that the process runs
   */
  public record Judgement(String executable, SpliceUse use) {}

  private SpliceUse judge(ProcFolder process, String executable) {
    Path name = Path.of(executable).getFileName();
    if (name != null && trusted.stream().anyMatch(pattern -> pattern.matches(name))) {
      return SpliceUse.NEVER;
    }
    try {
      ElfFile program = elf(process.executable());
      if (program.go()) {
        return SpliceUse.possible("is made by Go, whose io.Copy splices one connection to another");
      }
      if (!program.dynamic() || program.imports().isEmpty()) {
        return SpliceUse.possible("is linked statically, so it cannot be seen what it calls");
      }
      for (Path code : process.code()) {
        ElfFile part = elf(code);
        if (part.imports().contains("splice")) {
          return name != null && name.toString().equals("haproxy")
              ? HaproxyConfiguration.spliceUse(process)
              : SpliceUse.possible(
                  "calls splice (%s)".formatted(Files.readSymbolicLink(code).getFileName()));
        }
        if (part.imports().contains("io_uring_queue_init")
            || part.imports().contains("io_uring_queue_init_params")) {
          return SpliceUse.possible("uses io_uring, which can splice unseen");
        }
      }
      return SpliceUse.NEVER;
    } catch (IOException | RuntimeException e) {
      return SpliceUse.possible("cannot be looked at (%s)".formatted(e.getMessage()));
    }
  }

  private ElfFile elf(Path file) throws IOException {
    Map<String, Object> facts = Files.readAttributes(file, "unix:dev,ino,ctime");
    String identity = facts.get("dev") + "/" + facts.get("ino") + "/" + facts.get("ctime");
    ElfFile found = known.get(identity);
    if (found == null) {
      found = ElfFile.read(file);
      known.put(identity, found);
    }
    return found;
  }
}
