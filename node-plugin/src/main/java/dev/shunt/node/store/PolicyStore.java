package dev.shunt.node.store;

import dev.shunt.node.json.Json;
import dev.shunt.node.json.JsonException;
import dev.shunt.node.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The last good policy set on disk. The agent enforces it before it has talked to anybody, so a
 * node that restarts during an outage of the control plane comes back accelerated.
 *
 * <p>Not safe for use by several threads; the agent's lock on the pin folder keeps other processes
 * out.
 */
public final class PolicyStore {

  static final String FILE_NAME = "last-good-policy.json";
  private static final long FORMAT = 1;

  private final AtomicFile file;

  public PolicyStore(Path stateDirectory) {
    this.file = new AtomicFile(stateDirectory, FILE_NAME);
  }

  public Path path() {
    return file.path();
  }

  /** What the disk holds. */
  public sealed interface Loaded {
    /** No set was ever saved. */
    record Nothing() implements Loaded {}

    record LastGood(PolicySnapshot snapshot) implements Loaded {}

    /** The file cannot be trusted; it was set aside for a human and is not loaded again. */
    record Corrupted(String sentence) implements Loaded {}
  }

  /** Reads the last good set; a damaged file is moved aside and reported, never thrown. */
  public Loaded load() {
    byte[] content;
    try {
      content = file.read();
    } catch (IOException e) {
      return new Loaded.Corrupted(
          "cannot read the last good policy %s (%s); starting without it"
              .formatted(file.path(), describe(e)));
    }
    if (content == null) {
      return new Loaded.Nothing();
    }
    try {
      return new Loaded.LastGood(decode(new String(content, StandardCharsets.UTF_8)));
    } catch (JsonException | IllegalArgumentException e) {
      return new Loaded.Corrupted(
          "the last good policy %s is damaged (%s); ignored, %s"
              .formatted(file.path(), e.getMessage(), setAside()));
    }
  }

  /** Returns only after the content and its name are on the disk. */
  public void save(PolicySnapshot snapshot) throws IOException {
    file.write(encode(snapshot).getBytes(StandardCharsets.UTF_8));
  }

  /** Returns whether there was something to delete. */
  public boolean delete() throws IOException {
    return file.delete();
  }

  private String setAside() {
    Path aside = file.path().resolveSibling(FILE_NAME + ".damaged");
    try {
      file.moveTo(aside);
      return "kept as " + aside + " for inspection";
    } catch (IOException e) {
      return "and it could not be moved aside (" + describe(e) + ")";
    }
  }

  private static String encode(PolicySnapshot snapshot) {
    var document = new LinkedHashMap<String, Object>();
    document.put("format", FORMAT);
    document.put("revision", snapshot.revision());
    document.put("digest", snapshot.digest());
    document.put("checksum", checksum(snapshot));
    document.put("policies", snapshot.documents());
    return Json.write(document) + "\n";
  }

  private static PolicySnapshot decode(String text) throws JsonException {
    JsonObject document = Json.readObject(text);
    long format = document.number("format");
    if (format != FORMAT) {
      throw new JsonException("expected format " + FORMAT + ", found " + format);
    }
    PolicySnapshot snapshot =
        PolicySnapshot.of(
            document.number("revision"), document.string("digest"), document.strings("policies"));
    String expected = document.string("checksum");
    String found = checksum(snapshot);
    if (!expected.equals(found)) {
      throw new JsonException("expected checksum " + expected + ", found " + found);
    }
    return snapshot;
  }

  /** Covers every field, because the digest covers only what the compiler sees. */
  private static String checksum(PolicySnapshot snapshot) {
    MessageDigest sha256 = sha256();
    update(sha256, Long.toString(snapshot.revision()));
    update(sha256, snapshot.digest());
    snapshot
        .documents()
        .forEach(
            (name, json) -> {
              update(sha256, name);
              update(sha256, json);
            });
    return HexFormat.of().formatHex(sha256.digest());
  }

  private static void update(MessageDigest digest, String part) {
    digest.update(part.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  static String describe(IOException e) {
    @Nullable String message = e.getMessage();
    return e.getClass().getSimpleName() + (message == null ? "" : ": " + message);
  }
}
