package dev.shunt.control.security;

import dev.shunt.control.web.ApiProblem;
import dev.shunt.control.web.Page;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/v1/tokens")
@Tag(name = "Tokens")
class TokenController {

  /**
   * @param name shown in audit and revisions as {@code token:<name>}
   * @param expiresInSeconds null for never
   */
  record NewToken(String name, Role role, @Nullable Long expiresInSeconds) {}

  private final ApiTokens tokens;

  TokenController(ApiTokens tokens) {
    this.tokens = tokens;
  }

  @GetMapping
  @Operation(summary = "Lists API tokens, newest first", operationId = "listTokens")
  Page<ApiTokens.ApiToken> list() {
    return new Page<>(tokens.list(), null);
  }

  @PostMapping
  @ResponseStatus(HttpStatus.CREATED)
  @Operation(
      summary = "Creates an API token",
      description = "The secret is in this answer and nowhere else.",
      operationId = "createToken")
  ApiTokens.Created create(@RequestBody NewToken asked, HttpServletRequest request) {
    return tokens.create(
        TokenTerms.name(asked.name()),
        TokenTerms.role(asked.role()),
        TokenTerms.lifetime(asked.expiresInSeconds()),
        Caller.of(request));
  }

  @DeleteMapping("/{id}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  @Operation(summary = "Revokes an API token", operationId = "revokeToken")
  void revoke(@PathVariable String id, HttpServletRequest request) {
    if (!tokens.revoke(id, Caller.of(request))) {
      throw ApiProblem.notFound("expected the id of a token, found \"" + id + "\"");
    }
  }
}
