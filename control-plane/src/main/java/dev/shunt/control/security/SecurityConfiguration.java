package dev.shunt.control.security;

import static org.springframework.http.HttpMethod.DELETE;
import static org.springframework.http.HttpMethod.GET;
import static org.springframework.http.HttpMethod.POST;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.access.hierarchicalroles.RoleHierarchy;
import org.springframework.security.access.hierarchicalroles.RoleHierarchyImpl;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.core.userdetails.UsernameNotFoundException;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.AnonymousAuthenticationFilter;
import org.springframework.security.web.authentication.session.NullAuthenticatedSessionStrategy;
import org.springframework.security.web.csrf.CookieCsrfTokenRepository;
import org.springframework.security.web.csrf.CsrfTokenRequestAttributeHandler;

/** Which role may do what over HTTP. */
@Configuration(proxyBeanMethods = false)
class SecurityConfiguration {

  /**
   * No scripts but our own files, nothing from elsewhere, no framing. Styles may be inline because
   * the component library sets them on elements.
   */
  private static final String CONTENT_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'"
          + " data:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; worker-src"
          + " 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

  @Bean
  RoleHierarchy roleHierarchy() {
    return RoleHierarchyImpl.fromHierarchy("ROLE_ADMIN > ROLE_EDITOR\nROLE_EDITOR > ROLE_VIEWER");
  }

  /** Keeps Spring Boot from creating a user of its own. */
  @Bean
  UserDetailsService noOtherUsers() {
    return username -> {
      throw new UsernameNotFoundException("accounts sign in at /api/v1/session");
    };
  }

  @Bean
  SecurityFilterChain filterChain(
      HttpSecurity http, ApiTokens tokens, Accounts accounts, Refusals refusals) throws Exception {
    return http.authorizeHttpRequests(
            requests ->
                requests
                    .requestMatchers(POST, "/api/v1/session")
                    .permitAll()
                    .requestMatchers(GET, "/api/v1/session")
                    .permitAll()
                    .requestMatchers("/api/v1/tokens/**", "/api/v1/join-tokens/**", "/api/v1/audit")
                    .hasRole("ADMIN")
                    .requestMatchers(DELETE, "/api/v1/nodes/*")
                    .hasRole("ADMIN")
                    .requestMatchers(GET, "/api/**")
                    .hasRole("VIEWER")
                    .requestMatchers(DELETE, "/api/v1/session")
                    .hasRole("VIEWER")
                    .requestMatchers(
                        POST,
                        "/api/v1/policies:validate",
                        "/api/v1/policies:explain",
                        "/api/v1/policies:impact")
                    .hasRole("VIEWER")
                    .requestMatchers("/api/**")
                    .hasRole("EDITOR")
                    // The web app itself, the API's description, and the management port.
                    .anyRequest()
                    .permitAll())
        .addFilterBefore(new IdentityFilter(tokens, accounts), AnonymousAuthenticationFilter.class)
        .csrf(
            csrf ->
                csrf.csrfTokenRepository(CookieCsrfTokenRepository.withHttpOnlyFalse())
                    .csrfTokenRequestHandler(new CsrfTokenRequestAttributeHandler())
                    // Without a server-side session every request looks like a new login, after
                    // which the default strategy takes the token away.
                    .sessionAuthenticationStrategy(new NullAuthenticatedSessionStrategy())
                    .ignoringRequestMatchers(IdentityFilter.HAS_BEARER_TOKEN)
                    .ignoringRequestMatchers("/api/v1/session"))
        .sessionManagement(
            session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
        .headers(
            headers ->
                headers
                    .contentSecurityPolicy(policy -> policy.policyDirectives(CONTENT_POLICY))
                    .referrerPolicy(referrer -> {})
                    .permissionsPolicyHeader(
                        permissions ->
                            permissions.policy("camera=(), geolocation=(), microphone=()")))
        .exceptionHandling(
            handling -> handling.authenticationEntryPoint(refusals).accessDeniedHandler(refusals))
        .formLogin(form -> form.disable())
        .httpBasic(basic -> basic.disable())
        .logout(logout -> logout.disable())
        .requestCache(cache -> cache.disable())
        .build();
  }
}
