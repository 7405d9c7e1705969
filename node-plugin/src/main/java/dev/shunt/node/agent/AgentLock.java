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

  private AgentLock(FileChannel channel) {
    this.channel = channel;
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
    FileChannel channel =
        FileChannel.open(
            folder.lock(),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    try {
      if (tryLock(channel) == null) {
        Holder holder = read(folder.lock());
        channel.close();
        throw new AgentRunningException(folder.pinFolder(), holder);
      }
      var members = new LinkedHashMap<String, Object>();
      members.put("pid", ProcessHandle.current().pid());
      members.put("mode", mode.word());
      channel.truncate(0);
      channel.write(
          ByteBuffer.wrap((Json.write(members) + "\n").getBytes(StandardCharsets.UTF_8)), 0);
      return new AgentLock(channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** The agent that runs on the pin folder; null when none does. Does not keep the lock. */
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

  /** The file stays: removing it could pull it from under a process that is about to lock it. */
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
