package dev.shunt.policy.parse;

import dev.shunt.policy.CgroupPath;
import dev.shunt.policy.Expectation;
import dev.shunt.policy.InvalidValueException;
import dev.shunt.policy.IpAddress;
import dev.shunt.policy.PolicyTest;
import dev.shunt.policy.PortRange;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads an element of {@code spec.tests}. */
final class TestReader {

  private final DocumentProblems problems;

  TestReader(DocumentProblems problems) {
    this.problems = problems;
  }

  @Nullable PolicyTest read(Node node) {
    MapReader reader = MapReader.of(node, problems);
    if (reader == null) {
      return null;
    }
    IpAddress client = value(reader, "client", IpAddress::parse);
    IpAddress server = value(reader, "server", IpAddress::parse);
    Integer port = reader.integer(reader.require("port"), PortRange.LOWEST, PortRange.HIGHEST);
    CgroupPath cgroup = value(reader, "cgroup", CgroupPath::parse);
    Expectation expect = reader.word(reader.require("expect"), Expectation.class, null);
    reader.finish();
    if (client == null || server == null || port == null || cgroup == null || expect == null) {
      return null;
    }
    try {
      return new PolicyTest(client, server, port, cgroup, expect);
    } catch (InvalidValueException e) {
      problems.add(node, e);
      return null;
    }
  }

  private static <T> @Nullable T value(MapReader reader, String field, Function<String, T> parser) {
    Node node = reader.require(field);
    return node == null ? null : reader.value(node, reader.text(node), parser);
  }
}
