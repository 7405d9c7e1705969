package dev.shunt.control.config;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Everything below {@code shunt.}; an unknown key stops the start.
 *
 * @param dataDir where the database file lives when {@code spring.datasource.url} is not set
 * @param adminPasswordFile file whose content becomes the password of {@code admin} on every start
 */
@ConfigurationProperties(prefix = "shunt", ignoreUnknownFields = false)
public record ShuntProperties(
    @DefaultValue("./data") Path dataDir,
    @Nullable Path adminPasswordFile,
    @DefaultValue Bootstrap bootstrap,
    @DefaultValue Grpc grpc,
    @DefaultValue Push push,
    @DefaultValue Sessions sessions) {

  /**
   * Files for scripts: each holds a token, or gets a new one on start.
   *
   * @param apiTokenFile an API token of role admin
   * @param joinTokenFile a join token without expiry or limit of uses
   */
  public record Bootstrap(@Nullable Path apiTokenFile, @Nullable Path joinTokenFile) {}

  /**
   * @param allowPlaintext listen without TLS on an address other machines can reach
   */
  public record Grpc(@DefaultValue("false") boolean allowPlaintext) {}

  /**
   * @param quiet how long no edit must come before an edit goes out
   * @param atMost the longest an edit waits for others
   * @param ackTimeout how long a node may take to apply an update before its stream is closed
   * @param heartbeat how often an idle stream hears from the server
   * @param silence how long a node may say nothing before it counts as unreachable
   */
  public record Push(
      @DefaultValue("75ms") Duration quiet,
      @DefaultValue("1s") Duration atMost,
      @DefaultValue("10s") Duration ackTimeout,
      @DefaultValue("10s") Duration heartbeat,
      @DefaultValue("60s") Duration silence) {}

  /**
   * @param lifetime how long a browser stays signed in
   */
  public record Sessions(@DefaultValue("12h") Duration lifetime) {}
}
