package dev.shunt.control;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.client.EntityExchangeResult;
import org.springframework.test.web.servlet.client.RestTestClient;
import tools.jackson.databind.JsonNode;

/** Who may do what over HTTP. */
class SecurityApiTest extends ServerTest {

  private RestTestClient.ResponseSpec login(String username, String password) {
    return anybody()
        .post()
        .uri("/api/v1/session")
        .contentType(MediaType.APPLICATION_JSON)
        .body("{\"username\":\"" + username + "\",\"password\":\"" + password + "\"}")
        .exchange();
  }

  private EntityExchangeResult<byte[]> signedIn() {
    return login("admin", PASSWORD).expectStatus().isOk().expectBody().returnResult();
  }

  private JsonNode token(String role) {
    return tree(
        admin()
            .post()
            .uri("/api/v1/tokens")
            .contentType(MediaType.APPLICATION_JSON)
            .body("{\"name\":\"" + fresh("t") + "\",\"role\":\"" + role + "\"}")
            .exchange()
            .expectStatus()
            .isCreated()
            .expectBody()
            .returnResult()
            .getResponseBodyContent());
  }

  @Test
  void nobodyReadsOrWritesWithoutACredential() {
    for (String path :
        new String[] {
          "policies", "nodes", "revisions", "audit", "tokens", "join-tokens", "events"
        }) {
      anybody().get().uri("/api/v1/" + path).exchange().expectStatus().isUnauthorized();
    }
    bearer("shunt_api_made-up")
        .get()
        .uri("/api/v1/nodes")
        .exchange()
        .expectStatus()
        .isUnauthorized();
  }

  @Test
  void eachRoleMayDoWhatItIsFor() {
    RestTestClient viewer = bearer(token("viewer").path("secret").asString());
    RestTestClient editor = bearer(token("editor").path("secret").asString());

    viewer.get().uri("/api/v1/policies").exchange().expectStatus().isOk();
    create(viewer).expectStatus().isForbidden();
    create(editor).expectStatus().isCreated();
    editor.get().uri("/api/v1/audit").exchange().expectStatus().isForbidden();
    editor.get().uri("/api/v1/tokens").exchange().expectStatus().isForbidden();
    editor.delete().uri("/api/v1/nodes/none").exchange().expectStatus().isForbidden();
    admin().get().uri("/api/v1/audit").exchange().expectStatus().isOk();
  }

  private RestTestClient.ResponseSpec create(RestTestClient client) {
    return client
        .post()
        .uri("/api/v1/policies")
        .contentType(YAML)
        .body(policy(fresh("s"), fresh("pool"), 1))
        .exchange();
  }

  @Test
  void aRevokedTokenIsWorthNothing() {
    JsonNode created = token("admin");
    RestTestClient client = bearer(created.path("secret").asString());
    client.get().uri("/api/v1/policies").exchange().expectStatus().isOk();
    client
        .delete()
        .uri("/api/v1/tokens/" + created.path("token").path("id").asString())
        .exchange()
        .expectStatus()
        .isNoContent();

    client.get().uri("/api/v1/policies").exchange().expectStatus().isUnauthorized();
  }

  @Test
  void noListShowsASecret() {
    String secret = token("viewer").path("secret").asString();

    assertThat(get("/api/v1/tokens").toString()).doesNotContain(secret);
    assertThat(get("/api/v1/join-tokens").toString()).doesNotContain(joinToken());
    assertThat(get("/api/v1/audit?limit=1000").toString()).doesNotContain(secret);
  }

  @Test
  void theSessionCookieIsOutOfReachForScriptsAndOtherSites() {
    String cookie =
        signedIn().getResponseHeaders().getOrEmpty(HttpHeaders.SET_COOKIE).stream()
            .filter(header -> header.startsWith("SHUNT_SESSION="))
            .findFirst()
            .orElseThrow();

    assertThat(cookie).contains("HttpOnly").contains("SameSite=Strict").contains("Path=/");
  }

  @Test
  void aBrowserWriteNeedsTheCsrfToken() {
    EntityExchangeResult<byte[]> login = signedIn();
    String csrf = tree(login.getResponseBodyContent()).path("csrfToken").asString();
    RestTestClient browser =
        anybody().mutate().defaultCookie("SHUNT_SESSION", sessionCookie(login)).build();
    create(browser).expectStatus().isForbidden();

    create(
            browser
                .mutate()
                .defaultCookie("XSRF-TOKEN", csrf)
                .defaultHeader("X-XSRF-TOKEN", csrf)
                .build())
        .expectStatus()
        .isCreated();
  }

  @Test
  void aBrowserKeepsWritingWithTheCsrfCookieItGotAtLogin() {
    EntityExchangeResult<byte[]> login = signedIn();
    String csrf = present(login.getResponseCookies().getFirst("XSRF-TOKEN")).getValue();
    RestTestClient browser =
        anybody()
            .mutate()
            .defaultCookie("SHUNT_SESSION", sessionCookie(login))
            .defaultCookie("XSRF-TOKEN", csrf)
            .defaultHeader("X-XSRF-TOKEN", csrf)
            .build();

    EntityExchangeResult<byte[]> first =
        create(browser).expectStatus().isCreated().expectBody().returnResult();

    assertThat(first.getResponseCookies()).doesNotContainKey("XSRF-TOKEN");
    create(browser).expectStatus().isCreated();
  }

  @Test
  void aWrongBearerTokenIsNotSavedByAGoodCookie() {
    anybody()
        .get()
        .uri("/api/v1/policies")
        .cookie("SHUNT_SESSION", sessionCookie(signedIn()))
        .header(HttpHeaders.AUTHORIZATION, "Bearer nonsense")
        .exchange()
        .expectStatus()
        .isUnauthorized();
  }

  @Test
  void signingOutEndsTheSession() {
    String cookie = sessionCookie(signedIn());
    RestTestClient browser = anybody().mutate().defaultCookie("SHUNT_SESSION", cookie).build();
    JsonNode session =
        tree(
            browser
                .get()
                .uri("/api/v1/session")
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody()
                .returnResult()
                .getResponseBodyContent());
    assertThat(session.path("username").asString()).isEqualTo("admin");
    assertThat(session.path("role").asString()).isEqualTo("admin");
    String csrf = session.path("csrfToken").asString();
    browser
        .delete()
        .uri("/api/v1/session")
        .cookie("XSRF-TOKEN", csrf)
        .header("X-XSRF-TOKEN", csrf)
        .exchange()
        .expectStatus()
        .isNoContent();

    browser.get().uri("/api/v1/session").exchange().expectStatus().isUnauthorized();
  }

  @Test
  void guessingAPasswordIsSlowedDownAndWrittenDown() {
    String victim = fresh("victim");
    for (int attempt = 0; attempt < 5; attempt++) {
      login(victim, "guess").expectStatus().isUnauthorized();
    }

    login(victim, "guess").expectStatus().isEqualTo(429);

    JsonNode audit = get("/api/v1/audit?limit=1000");
    assertThat(audit.path("items"))
        .filteredOn(row -> row.path("target").asString().equals("user/" + victim))
        .hasSizeGreaterThanOrEqualTo(6)
        .allMatch(row -> row.path("outcome").asString().equals("Refused"));
  }

  @Test
  void everyWriteIsInTheAuditLogWithItsAuthor() {
    JsonNode created = token("editor");
    create(bearer(created.path("secret").asString())).expectStatus().isCreated();

    JsonNode audit =
        get("/api/v1/audit?actor=token:" + created.path("token").path("name").asString());

    assertThat(audit.path("items").path(0).path("action").asString()).isEqualTo("policies.commit");
    assertThat(audit.path("items").path(0).path("remote").asString()).isNotEmpty();
  }

  @Test
  void pagesAreServedWithAStrictContentPolicy() {
    anybody()
        .get()
        .uri("/v3/api-docs")
        .exchange()
        .expectHeader()
        .value(
            "Content-Security-Policy",
            policy ->
                assertThat(policy)
                    .contains("script-src 'self';")
                    .contains("frame-ancestors 'none'")
                    .doesNotContain("unsafe-eval"));
  }
}
