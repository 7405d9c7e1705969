package dev.shunt.control.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The database file that the server starts with when nothing is installed or configured. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(
    name = "spring.datasource.url",
    matchIfMissing = true,
    havingValue = "h2-file")
class DataDirectory {

  @Bean
  JdbcConnectionDetails h2File(ShuntProperties properties) {
    Path directory = created(properties.dataDir().toAbsolutePath().normalize());
    String url =
        "jdbc:h2:file:"
            + directory.resolve("shunt")
            // The spelling and sorting rules of PostgreSQL, so that one set of SQL serves both.
            + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DEFAULT_NULL_ORDERING=HIGH";
    return new JdbcConnectionDetails() {
      @Override
      public String getUsername() {
        return "shunt";
      }

      @Override
      public String getPassword() {
        return "";
      }

      @Override
      public String getJdbcUrl() {
        return url;
      }
    };
  }

  private static Path created(Path directory) {
    try {
      if (!Files.isDirectory(directory)) {
        Files.createDirectories(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      if (!Files.isWritable(directory)) {
        throw new IllegalStateException(
            "expected shunt.data-dir to be a folder this user can write, found "
                + directory
                + "; change its owner or set shunt.data-dir");
      }
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "expected to create the folder of shunt.data-dir, found " + e + "; set shunt.data-dir",
          e);
    }
  }
}
