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
@RequestMapping("/api/v1/join-tokens")
@Tag(name = "Join tokens")
class JoinTokenController {

  /**
   * @param expiresInSeconds null for never
   * @param maxUses null for any number
   */
  record NewJoinToken(String name, @Nullable Long expiresInSeconds, @Nullable Integer maxUses) {}

  private final JoinTokens tokens;

  JoinTokenController(JoinTokens tokens) {
    this.tokens = tokens;
  }

  @GetMapping
  @Operation(summary = "Lists join tokens, newest first", operationId = "listJoinTokens")
  Page<JoinTokens.JoinToken> list() {
    return new Page<>(tokens.list(), null);
  }

  @PostMapping
  @ResponseStatus(HttpStatus.CREATED)
  @Operation(
      summary = "Creates a join token",
      description = "The secret is in this answer and nowhere else.",
      operationId = "createJoinToken")
  JoinTokens.Created create(@RequestBody NewJoinToken asked, HttpServletRequest request) {
    return tokens.create(
        TokenTerms.name(asked.name()),
        TokenTerms.lifetime(asked.expiresInSeconds()),
        TokenTerms.uses(asked.maxUses()),
        Caller.of(request));
  }

  @DeleteMapping("/{id}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  @Operation(
      summary = "Revokes a join token",
      description = "Nodes that joined with it stay.",
      operationId = "revokeJoinToken")
  void revoke(@PathVariable String id, HttpServletRequest request) {
    if (!tokens.revoke(id, Caller.of(request))) {
      throw ApiProblem.notFound("expected the id of a join token, found \"" + id + "\"");
    }
  }
}
