package dev.shunt.control.security;

import dev.shunt.control.web.ApiProblem;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks what a new token is asked to be. */
final class TokenTerms {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}");
  private static final long LONGEST_SECONDS = Duration.ofDays(3_650).toSeconds();

  private TokenTerms() {}

  static String name(@Nullable String name) {
    if (name == null || !NAME.matcher(name).matches()) {
      throw ApiProblem.badRequest(
          "expected a name of 1 to 64 letters, digits, blanks, dots, dashes or underscores, found "
              + name);
    }
    return name;
  }

  static Role role(@Nullable Role role) {
    if (role == null) {
      throw ApiProblem.badRequest("expected a role: viewer, editor or admin, found none");
    }
    return role;
  }

  static @Nullable Duration lifetime(@Nullable Long seconds) {
    if (seconds == null) {
      return null;
    }
    if (seconds < 1 || seconds > LONGEST_SECONDS) {
      throw ApiProblem.badRequest(
          "expected expiresInSeconds from 1 to " + LONGEST_SECONDS + ", found " + seconds);
    }
    return Duration.ofSeconds(seconds);
  }

  static @Nullable Integer uses(@Nullable Integer maxUses) {
    if (maxUses != null && maxUses < 1) {
      throw ApiProblem.badRequest("expected maxUses from 1, found " + maxUses);
    }
    return maxUses;
  }
}
