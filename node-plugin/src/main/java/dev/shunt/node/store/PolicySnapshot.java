package dev.shunt.node.store;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A whole policy set: what the control plane desires, what the maps hold, or what the disk keeps.
 *
 * @param revision the control plane's revision; 0 when the set came from files
 * @param digest SHA-256 of the canonical bytes of the set, lower-case hex; empty when nothing was
 *     ever applied
 * @param documents canonical JSON of each policy by name
 */
public record PolicySnapshot(long revision, String digest, SortedMap<String, String> documents) {

  /** Nothing was ever applied. */
  public static final PolicySnapshot NONE = new PolicySnapshot(0, "", new TreeMap<>());

  public PolicySnapshot {
    if (revision < 0) {
      throw new IllegalArgumentException("revision must not be negative, found " + revision);
    }
    if (!digest.isEmpty() && !digest.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException(
          "digest must be 64 lower-case hex digits, found \"" + digest + "\"");
    }
    documents = Collections.unmodifiableSortedMap(new TreeMap<>(documents));
  }

  /** UTF-8 size of all documents, in bytes. */
  public long bytes() {
    return documents.values().stream()
        .mapToLong(text -> text.getBytes(StandardCharsets.UTF_8).length)
        .sum();
  }

  public static PolicySnapshot of(long revision, String digest, Map<String, String> documents) {
    return new PolicySnapshot(revision, digest, new TreeMap<>(documents));
  }
}
