package dev.shunt.policy.parse;

import dev.shunt.policy.AccelerationPolicy;
import dev.shunt.policy.Action;
import dev.shunt.policy.BlockingSockets;
import dev.shunt.policy.ByteSize;
import dev.shunt.policy.Enrolment;
import dev.shunt.policy.InvalidValueException;
import dev.shunt.policy.Labels;
import dev.shunt.policy.Limits;
import dev.shunt.policy.Metadata;
import dev.shunt.policy.Mode;
import dev.shunt.policy.NodeSelector;
import dev.shunt.policy.PolicySpec;
import dev.shunt.policy.ProblemCode;
import dev.shunt.policy.Quoted;
import dev.shunt.policy.parse.Node.ScalarNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads one policy from its tree: either the whole of it, or null and everything that is wrong with
 * it.
 */
final class PolicyReader {

  private static final List<String> SET_BY_CONTROL_PLANE =
      List.of("resourceVersion", "generation", "creationTimestamp", "updateTimestamp");

  private final DocumentProblems problems;

  PolicyReader(DocumentProblems problems) {
    this.problems = problems;
  }

  @Nullable AccelerationPolicy read(Node root) {
    MapReader document = MapReader.of(root, problems);
    if (document == null) {
      return null;
    }
    nameProblems(document);
    if (!isOurs(document)) {
      return null;
    }
    Node metadataNode = document.require("metadata");
    Node specNode = document.require("spec");
    // Reported by the control plane, so it comes back in what people edit; it is never an input.
    document.take("status");
    document.finish();
    Metadata metadata = metadataNode == null ? null : metadata(metadataNode);
    PolicySpec spec = specNode == null ? null : spec(specNode);
    return metadata == null || spec == null || !problems.isEmpty()
        ? null
        : new AccelerationPolicy(metadata, spec);
  }

  private void nameProblems(MapReader document) {
    if (document.map().get("metadata") instanceof Node.MapNode metadata
        && metadata.get("name") instanceof ScalarNode name
        && name.text().length() <= 63) {
      problems.name(name.text());
    }
  }

  /** A document of another kind gets one problem, not one for each of its fields. */
  private boolean isOurs(MapReader document) {
    boolean version = isExactly(document, "apiVersion", AccelerationPolicy.API_VERSION);
    boolean kind = isExactly(document, "kind", AccelerationPolicy.KIND);
    return version && kind;
  }

  private boolean isExactly(MapReader document, String field, String expected) {
    Node node = document.require(field);
    if (node == null) {
      return true;
    }
    String text = document.text(node);
    if (text != null && !text.equals(expected)) {
      problems.add(ProblemCode.UNSUPPORTED_KIND, node, expected, Quoted.of(text), "");
    }
    return expected.equals(text);
  }

  private @Nullable Metadata metadata(Node node) {
    MapReader reader = MapReader.of(node, problems);
    if (reader == null) {
      return null;
    }
    Node nameNode = reader.require("name");
    String name =
        nameNode == null
            ? null
            : reader.value(nameNode, reader.text(nameNode), PolicyReader::checkedName);
    var labels = reader.texts("labels", Labels::check);
    var annotations = reader.texts("annotations", (key, value) -> Labels.checkKey(key));
    // Like the status: set by the control plane, and back in whatever was read from it.
    SET_BY_CONTROL_PLANE.forEach(reader::take);
    reader.finish();
    return name == null ? null : new Metadata(name, labels, annotations);
  }

  private static String checkedName(String name) {
    Labels.checkName(name);
    return name;
  }

  private @Nullable PolicySpec spec(Node node) {
    MapReader reader = MapReader.of(node, problems);
    if (reader == null) {
      return null;
    }
    Node priorityNode = reader.take("priority");
    Integer priority =
        priorityNode == null
            ? Integer.valueOf(PolicySpec.DEFAULT_PRIORITY)
            : reader.integer(priorityNode, PolicySpec.LOWEST_PRIORITY, PolicySpec.HIGHEST_PRIORITY);
    Action action = reader.word(reader.take("action"), Action.class, PolicySpec.DEFAULT_ACTION);
    Mode mode = reader.word(reader.take("mode"), Mode.class, PolicySpec.DEFAULT_MODE);
    NodeSelector nodes = new SelectorReader(problems).read(reader.takeMap("nodes"));
    var match = new MatchReader(problems).read(reader.takeMap("match"));
    Enrolment enrolment =
        reader.word(reader.take("enrolment"), Enrolment.class, PolicySpec.DEFAULT_ENROLMENT);
    Node blockingNode = reader.take("blockingSockets");
    BlockingSockets blocking =
        reader.word(blockingNode, BlockingSockets.class, PolicySpec.DEFAULT_BLOCKING_SOCKETS);
    Limits limits = limits(reader.takeMap("limits"));
    var tests = reader.values("tests", true, new TestReader(problems)::read);
    reader.finish();
    if (priority == null
        || action == null
        || mode == null
        || enrolment == null
        || blocking == null
        || limits == null) {
      return null;
    }
    try {
      return new PolicySpec(
          priority, action, mode, nodes, match, enrolment, blocking, limits, tests);
    } catch (InvalidValueException e) {
      problems.add(
          e.code() == ProblemCode.CONFLICTING_FIELDS && blockingNode != null ? blockingNode : node,
          e);
      return null;
    }
  }

  private @Nullable Limits limits(@Nullable MapReader reader) {
    if (reader == null) {
      return Limits.DEFAULTS;
    }
    Node bytesNode = reader.take("backlogBytes");
    ByteSize bytes =
        bytesNode == null
            ? Limits.DEFAULTS.backlogBytes()
            : reader.value(bytesNode, reader.textOrInteger(bytesNode), PolicyReader::backlogBytes);
    Node messagesNode = reader.take("backlogMessages");
    Integer messages =
        messagesNode == null
            ? Integer.valueOf(Limits.DEFAULTS.backlogMessages())
            : reader.integer(messagesNode, Limits.LEAST_MESSAGES, Limits.MOST_MESSAGES);
    reader.finish();
    return bytes == null || messages == null ? null : new Limits(bytes, messages);
  }

  private static ByteSize backlogBytes(String text) {
    return new Limits(ByteSize.parse(text), Limits.DEFAULTS.backlogMessages()).backlogBytes();
  }
}
