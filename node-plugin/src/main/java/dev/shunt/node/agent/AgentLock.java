package dev.shunt.node.agent;

import dev.shunt.node.json.Json;
import dev.shunt.node.json.JsonException;
import dev.shunt.node.json.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One agent per pin folder. The kernel drops the lock when its holder dies, so a killed agent
 * leaves nothing that has to be cleaned; the file only says who holds it.
 */
public final class AgentLock implements AutoCloseable {

  private final FileChannel channel;
  private final RunFolder folder;

  private AgentLock(FileChannel channel, RunFolder folder) {
    this.channel = channel;
    this.folder = folder;
  }

  /** Who runs. */
  public record Holder(long pid, Mode mode) {}

  /** How an agent gets its policies. */
  public enum Mode {
    MANAGED("managed"),
    STANDALONE("standalone");

    private final String word;

    Mode(String word) {
      this.word = word;
    }

    public String word() {
      return word;
    }

    static Mode of(String word) {
      return word.equals(MANAGED.word) ? MANAGED : STANDALONE;
    }
  }

  /**
   * Takes the lock for this process.
   *
   * @throws AgentRunningException when another process holds it
   */
  public static AgentLock take(RunFolder folder, Mode mode)
      throws IOException, AgentRunningException {
    folder.create();
    while (true) {
      FileChannel channel =
          FileChannel.open(
              folder.lock(),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      try {
        if (tryLock(channel) == null) {
          throw new AgentRunningException(folder.pinFolder(), read(folder.lock()));
        }
        // An uninstall may have removed the file after it was opened here: then nobody else sees
        // this lock.
        if (isOpen(folder)) {
          write(channel, mode);
          return new AgentLock(channel, folder);
        }
        channel.close();
      } catch (IOException | AgentRunningException e) {
        channel.close();
        throw e;
      }
    }
  }

  /**
   * Whether this process has the file of that name open, and not one that was removed. Opening it
   * to compare would not do: closing any descriptor of a file drops every POSIX lock this process
   * has on it.
   */
  private static boolean isOpen(RunFolder folder) throws IOException {
    Path wanted = folder.folder().toRealPath().resolve(folder.lock().getFileName());
    try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : open) {
        if (linksTo(descriptor, wanted)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean linksTo(Path descriptor, Path wanted) {
    try {
      return Files.readSymbolicLink(descriptor).equals(wanted);
    } catch (IOException e) {
      // It was closed meanwhile, for example the one that lists the others.
      return false;
    }
  }

  private static void write(FileChannel channel, Mode mode) throws IOException {
    var members = new LinkedHashMap<String, Object>();
    members.put("pid", ProcessHandle.current().pid());
    members.put("mode", mode.word());
    channel.truncate(0);
    channel.write(
        ByteBuffer.wrap((Json.write(members) + "\n").getBytes(StandardCharsets.UTF_8)), 0);
  }

  /**
   * The agent that runs on the pin folder; null when none does. For other processes than the agent:
   * see isOpen.
   */
  public static @Nullable Holder holder(RunFolder folder) throws IOException {
    if (!Files.exists(folder.lock())) {
      return null;
    }
    try (FileChannel channel =
            FileChannel.open(folder.lock(), StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileLock lock = tryLock(channel)) {
      return lock == null ? read(folder.lock()) : null;
    }
  }

  /** Removes the file too, and the folder when nothing else is in it. */
  public void removeAndClose() throws IOException {
    Files.deleteIfExists(folder.lock());
    try {
      Files.deleteIfExists(folder.folder());
    } catch (DirectoryNotEmptyException e) {
      // Another pin folder's agent lives there.
    }
    channel.close();
  }

  /** Leaves the file: a name without a lock says nothing. */
  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // Held by this very process.
      return null;
    }
  }

  private static Holder read(Path file) throws IOException {
    try {
      JsonObject members = Json.readObject(Files.readString(file));
      return new Holder(members.number("pid"), Mode.of(members.string("mode")));
    } catch (JsonException e) {
      // Between another process's lock and its first write.
      return new Holder(0, Mode.STANDALONE);
    }
  }
}
