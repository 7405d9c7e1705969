package dev.shunt.control.security;

import dev.shunt.control.config.ShuntProperties;
import java.nio.file.Path;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.stereotype.Component;

/** Sees to it that somebody can sign in, and that scripts find the tokens they were promised. */
@Component
class FirstStart implements InitializingBean {

  /** Without letters and digits that look alike: people will type this. */
  private static final String ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";

  private final ShuntProperties properties;
  private final Accounts accounts;
  private final ApiTokens apiTokens;
  private final JoinTokens joinTokens;

  FirstStart(
      ShuntProperties properties, Accounts accounts, ApiTokens apiTokens, JoinTokens joinTokens) {
    this.properties = properties;
    this.accounts = accounts;
    this.apiTokens = apiTokens;
    this.joinTokens = joinTokens;
  }

  @Override
  public void afterPropertiesSet() {
    admin(properties.adminPasswordFile());
    Path apiToken = properties.bootstrap().apiTokenFile();
    if (apiToken != null) {
      apiTokens.accept(
          "bootstrap",
          Role.admin,
          SecretFile.readOrWrite(
              "shunt.bootstrap.api-token-file", apiToken, () -> Secrets.create("api")));
    }
    Path joinToken = properties.bootstrap().joinTokenFile();
    if (joinToken != null) {
      joinTokens.accept(
          "bootstrap",
          SecretFile.readOrWrite(
              "shunt.bootstrap.join-token-file", joinToken, () -> Secrets.create("join")));
    }
  }

  private void admin(@Nullable Path passwordFile) {
    if (passwordFile != null) {
      String password = SecretFile.read("shunt.admin-password-file", passwordFile);
      if (!accounts.isPassword(Accounts.ADMIN, password)) {
        accounts.setAdminPassword(password);
      }
    } else if (!accounts.hasAdmin()) {
      String password = password();
      accounts.setAdminPassword(password);
      // On stdout and not through the log, which is copied to places where a password must not be.
      System.out.println(
          "=== First start. User "
              + Accounts.ADMIN
              + ", one-time password: "
              + password
              + " (shown only now) ===");
    }
  }

  private static String password() {
    SecureRandom random = new SecureRandom();
    StringBuilder password = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      if (i > 0 && i % 5 == 0) {
        password.append('-');
      }
      password.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    return password.toString();
  }
}
