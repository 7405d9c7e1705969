package dev.shunt.node.sync;

import dev.shunt.node.store.CredentialStore;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * What this node shows to the control plane: the credential it once got for a join token.
 *
 * <p>The join token is asked for anew each time, so that a token file can be replaced while the
 * agent runs.
 */
public final class Credentials {

  private final CredentialStore store;
  private final Callable<@Nullable String> joinToken;

  public Credentials(CredentialStore store, Callable<@Nullable String> joinToken) {
    this.store = store;
    this.joinToken = joinToken;
  }

  @Nullable String credential() throws IOException {
    return store.load();
  }

  /** Null when none was configured. */
  @Nullable String joinToken() throws IOException {
    try {
      return joinToken.call();
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("cannot get the join token: " + e.getMessage(), e);
    }
  }

  void joined(String credential) throws IOException {
    store.save(credential);
  }
}
