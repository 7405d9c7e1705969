package dev.shunt.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shunt.node.datapath.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/reasons.md lists the closed set, in its order and words. */
class ReasonsTableTest {
  private static final Pattern ROW = Pattern.compile("(?m)^(\\| `\\w+` \\| [^|]* \\|)");

  @Test
  void theTableListsExactlyTheClosedSet() throws IOException {
    String table = Files.readString(Path.of("../docs/reasons.md"));

    assertThat(ROW.matcher(table).results().map(row -> row.group(1)))
        .containsExactlyElementsOf(
            Arrays.stream(Reason.values())
                .map(
                    reason ->
                        "| `%s` | %s |".formatted(reason.wireName(), Reasons.sentence(reason)))
                .toList());
  }
}
