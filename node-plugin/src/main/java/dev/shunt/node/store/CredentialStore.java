package dev.shunt.node.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The credential this node got for its join token; readable by the owner only. */
public final class CredentialStore {

  static final String FILE_NAME = "node-credential";

  private final AtomicFile file;

  public CredentialStore(Path stateDirectory) {
    this.file = new AtomicFile(stateDirectory, FILE_NAME);
  }

  public Path path() {
    return file.path();
  }

  /** Null when the node has not joined yet. */
  public @Nullable String load() throws IOException {
    byte[] content = file.read();
    if (content == null) {
      return null;
    }
    String credential = new String(content, StandardCharsets.UTF_8).strip();
    return credential.isEmpty() ? null : credential;
  }

  public void save(String credential) throws IOException {
    if (credential.isBlank()) {
      throw new IllegalArgumentException("a node credential must not be blank");
    }
    file.write((credential + "\n").getBytes(StandardCharsets.UTF_8));
  }

  public boolean delete() throws IOException {
    return file.delete();
  }
}
